"""Hydra's own interface: docs/raw.md. What applications see of it is in hydra_raw.py."""
