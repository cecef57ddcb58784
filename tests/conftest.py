"""For all tests: what a property costs on a busy machine says nothing about the code."""

from hypothesis import settings

settings.register_profile("backproof", deadline=None)
settings.load_profile("backproof")
