"""Which metric sees which narrowing: the table of a study, shipped beside the catalogue that it is about."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from metrics.core import METRICS

FILE = Path(__file__).with_name("which_sees.csv")
# A shift that is smaller than this, in null standard deviations, is not to be told from noise.
SEEN = 2.0


@dataclass(frozen=True)
class Shift:
    """How far planting a narrowing in a share of the outputs moves a metric; below 0 is worse.

    In standard deviations of what moves it where nothing was planted.
    """

    metric: str
    narrowing: str
    strength: float
    shift: float
    draws: int
    n: int


def verdict(shift: float, healthy: str) -> Literal["sees", "blind", "misled"]:
    """What a shift says of a metric: a move to the healthy side is worse than none, since it reassures.

    >>> verdict(-2.5, "high"), verdict(1.9, "high"), verdict(2.5, "low"), verdict(2.5, "reference")
    ('sees', 'blind', 'misled', 'sees')
    """
    if abs(shift) < SEEN:
        return "blind"
    return "sees" if shift < 0 or healthy == "reference" else "misled"


def read(file: Path) -> tuple[list[Shift], dict[str, str]]:
    """The shifts that a file holds, and why each metric that it leaves out is left out.

    Rows of another version of a metric, or of a metric that is gone, say nothing of those there are.
    """
    if not file.exists():
        return [], {}
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if _is_current(row)]
    found = [
        Shift(
            *(row["metric"], row["narrowing"], float(row["strength"]), float(row["shift"])),
            *(int(row["draws"]), int(row["n"])),
        )
        for row in rows
        if row["narrowing"]
    ]
    return found, {row["metric"]: row.get("why") or "" for row in rows if not row["narrowing"]}


def _is_current(row: dict[str, str]) -> bool:
    metric = METRICS.all().get(row["metric"])
    return metric is not None and row.get("version", str(metric.version)) == str(metric.version)


@lru_cache(maxsize=1)
def study() -> tuple[list[Shift], dict[str, str]]:
    """The study that ships with this version, see `read`."""
    return read(FILE)
