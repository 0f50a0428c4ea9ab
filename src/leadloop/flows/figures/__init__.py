"""What pages show: each a question that is asked of the store and answered in a moment, however many leads there are."""
