"""Slices that are no column of the user's: parts of a metric, and the replicate seeds of a cycle."""

from __future__ import annotations

CLASS, MODE, PHRASING = "class:", "mode:", "phrasing:"
SEED = "seed:"


def of_seed(seed: int) -> str:
    """The slice under which the values of one replicate seed stand."""
    return f"{SEED}{seed}"


def seed_of(slice: str | None) -> int | None:
    """The replicate seed of the whole that a slice is; None where it is something else.

    >>> seed_of("seed:12"), seed_of("seed=12"), seed_of(None)
    (12, None, None)
    """
    number = (slice or "").removeprefix(SEED)
    return int(number) if number != slice and number.isdecimal() else None


def is_own(slice: str) -> bool:
    """Whether a slice is one of the user's own, 'column=value'.

    >>> is_own("language=de"), is_own("class:a = b"), is_own("seed:0")
    (True, False, False)
    """
    return not slice.startswith((CLASS, MODE, PHRASING, SEED))
