"""Which cycles a person chose as normal: the first, some of their own, a control's, or human texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from metrics.core import FEWEST_BASELINE, TailwatchError

BASELINE_CYCLES = 4
# A cycle of the control lineage stands in this lineage under its number less this, so before every own one.
BEFORE = 2**31
# The human reference stands in for a cycle under this number.
REFERENCE = -1
MOST_FIRST = 100
_NUMBERS = ("three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class Choice:
    """What counts as normal: the `first` cycles wherever an evaluation begins, unless something else is said.

    `pinned` are chosen sets of cycles, in order, each of which holds from its first cycle on; `like` is a
    control lineage, whose baseline serves in place of one of its own; `reference` means the human reference.
    """

    first: int = BASELINE_CYCLES
    pinned: tuple[tuple[int, ...], ...] = ()
    like: str | None = None
    reference: bool = False

    @staticmethod
    def parse(text: object) -> Choice:
        """As it is stored, where no text means nothing special. Older stores have a list: one pinned set."""
        known = json.loads(text) if isinstance(text, str) else {}
        if isinstance(known, list):
            return Choice(pinned=(tuple(known),))
        return Choice(**{**known, "pinned": tuple(map(tuple, known.get("pinned", ())))})

    def as_json(self) -> str:
        """For the store."""
        return json.dumps(asdict(self))

    def then(self, cycles: Sequence[int]) -> Choice:
        """This choice, with another baseline from the first of these cycles on.

        What was judged before them by a baseline that lies wholly before them stays as it was.

        >>> Choice(pinned=((4, 5, 6), (9, 10, 11))).then([10, 11, 12]).pinned
        ((4, 5, 6), (10, 11, 12))
        """
        chosen = tuple(sorted(set(cycles)))
        if len(chosen) < FEWEST_BASELINE:
            raise TailwatchError(
                f"A baseline needs {FEWEST_BASELINE} cycles, to tell what retraining alone moves;",
                f"{len(chosen)} {'was' if len(chosen) == 1 else 'were'} given.",
            )
        before = tuple(p for p in self.pinned if max(p) < chosen[0])
        return replace(self, pinned=(*before, chosen), like=None, reference=False)

    @property
    def words(self) -> str:
        """The choice in words: 'the first four cycles', 'cycles 8 to 11'."""
        if self.like is not None:
            return f"that of the lineage '{self.like}'"
        if self.reference:
            return "the human reference"
        return cycles_text(self.pinned[-1]) if self.pinned else f"the first {count_text(self.first)} cycles"


def first(count: int) -> Choice:
    """The choice of so many first cycles."""
    if not FEWEST_BASELINE <= count <= MOST_FIRST:
        raise TailwatchError(
            f"A baseline is made of {FEWEST_BASELINE} to {MOST_FIRST} first cycles;", f"got {count}."
        )
    return Choice(first=count)


def lent(cycle: int) -> int:
    """The number under which a control lineage's cycle stands in for one of this lineage, and back.

    >>> lent(3) < 0, lent(lent(3)) == 3
    (True, True)
    """
    return cycle - BEFORE if cycle >= 0 else cycle + BEFORE


def count_text(count: int) -> str:
    """'four', and digits from eleven on."""
    at = count - FEWEST_BASELINE
    return _NUMBERS[at] if 0 <= at < len(_NUMBERS) else str(count)


def cycles_text(cycles: Sequence[int]) -> str:
    """'cycle 3', 'cycles 0 to 4'."""
    if len(cycles) > 2 and cycles[-1] - cycles[0] == len(cycles) - 1:
        return f"cycles {cycles[0]} to {cycles[-1]}"
    return ("cycle " if len(cycles) == 1 else "cycles ") + ", ".join(map(str, cycles))
