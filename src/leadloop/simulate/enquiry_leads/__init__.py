"""The small world of the demo: enquiries through a web form, with messages, as one CRM exports them."""
