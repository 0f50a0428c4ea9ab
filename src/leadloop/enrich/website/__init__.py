"""A company's own website: its pages are read politely, and what they say is kept in the words of the site."""
