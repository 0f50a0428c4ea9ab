"""Every route of `/v1` and of the service itself, a file a topic."""
