"""The service: scores leads over HTTP, and says of every score which version gave it and why."""
