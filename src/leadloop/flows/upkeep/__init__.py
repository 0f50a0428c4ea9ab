"""What people look after: versions, promotions, keys, feedback, and the store."""
