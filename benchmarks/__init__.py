"""Measurements of Backproof, each behind a `make` target."""
