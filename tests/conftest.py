"""For all tests: properties have no deadline, because a slow example says nothing about the code."""

from hypothesis import settings

settings.register_profile("backproof", deadline=None)
settings.load_profile("backproof")
