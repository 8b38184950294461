"""What is reported: which series of which worlds, settings and regimes, and on which seeds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from metrics.lead_time import BENIGN, HEALTHY, NARROWING, SEALED, STANDARD
from tests.benchmarks.lead_time.settings import SETTINGS
from tests.benchmarks.lead_time.worlds import WORLDS

# Thresholds may be chosen on the first and are reported on the second; nothing is ever chosen on those.
# Seeds that a trial or an earlier report has looked at are of the first.
TUNING = range(30_000)
REPORTING = range(30_000, 31_000)
# The sealed world was opened on those, then on 40000 on, then on 50000 on. The rule has changed since: it is
# asked on these.
UNSEALED = range(60_000, 61_000)
HEALTHY_SERIES, VARIED_SERIES, NARROWING_SERIES, BENIGN_SERIES = 600, 200, 60, 100
# The other settings are varied in this world, one at a time.
VARIED = "synopses"
PARTS = ("standard", "settings", "benign")
OPEN = tuple(name for name in WORLDS if name != SEALED)


@dataclass(frozen=True)
class Cell:
    """So many series of one world, setting and regime."""

    part: str
    world: str
    setting: str
    regime: str
    series: int

    @property
    def seeds(self) -> range:
        """Their seeds, of those that are reported."""
        return (UNSEALED if self.world == SEALED else REPORTING)[: self.series]


def cells(worlds: Iterable[str], parts: Iterable[str] = PARTS, most: int = len(REPORTING)) -> list[Cell]:
    """The plan for some worlds and parts of it, with no more than `most` series in a cell."""
    chosen = [cell for world in worlds for cell in _of(world) if cell.part in parts]
    return [replace(cell, series=min(cell.series, most)) for cell in chosen]


def _of(world: str) -> list[Cell]:
    """Everything that is planned for one world."""
    found = [Cell("standard", world, STANDARD, HEALTHY, HEALTHY_SERIES)]
    found += [Cell("standard", world, STANDARD, name, NARROWING_SERIES) for name in NARROWING]
    found += [Cell("benign", world, STANDARD, name, BENIGN_SERIES) for name in BENIGN]
    if world == VARIED:
        others = [name for name in SETTINGS if name != STANDARD]
        found += [Cell("settings", world, name, HEALTHY, VARIED_SERIES) for name in others]
        found += [
            Cell("settings", world, "half_tail", name, NARROWING_SERIES) for name in ("slow", "accumulate")
        ]
    return found
