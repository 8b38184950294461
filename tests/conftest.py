"""Hypothesis tries the same examples on every run: a red test is a change of the code, not of the dice."""

from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")
