"""Fellow: recordings, notes and action items of its developer API, read with care and turned into calls."""
