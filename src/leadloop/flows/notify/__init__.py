"""Webhooks: whom to tell, and the courier that tells them."""
