"""Past leads: read from files or the store, checked, labelled, and divided for every target."""
