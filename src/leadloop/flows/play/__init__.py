"""The play: the loop at work in a simulated world, whose truth is known, week by week and beside the same world without it."""
