"""Outages made on purpose, with everything running as in production."""
