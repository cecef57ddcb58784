"""Anything that can be checked or x-rayed, seen one way."""
