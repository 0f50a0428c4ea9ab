"""The dashboard: pages in a browser for those who work with leads, read through flows and never made up."""
