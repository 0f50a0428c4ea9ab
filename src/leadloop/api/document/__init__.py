"""The interface described: OpenAPI, and a page to read."""
