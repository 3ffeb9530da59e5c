"""The chaos test: what is done to the server while it serves, and what its clients may notice of it."""
