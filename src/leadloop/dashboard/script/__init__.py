"""What Streamlit runs; by itself here, since it takes a folder `pages` beside it for pages of its own kind."""
