"""How much each key may ask for."""
