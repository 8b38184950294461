"""What a user meets when something is wrong, and what a metric says that has nothing to count."""

from __future__ import annotations


class TailwatchError(Exception):
    """The one error a user meets: what is wrong, what was found, what to do."""

    def __init__(self, wrong: str, found: str = "", do: str = "") -> None:
        super().__init__(" ".join(f"{wrong} {found} {do}".split()))
        self.wrong, self.found, self.do = wrong, found, do


class Undefined(Exception):
    """Raised by a metric that has nothing to count: the value is unknown, which is not zero."""
