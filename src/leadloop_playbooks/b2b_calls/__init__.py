"""Companies after a discovery call: who goes on to the next stage, and whom Voice AI fits."""
