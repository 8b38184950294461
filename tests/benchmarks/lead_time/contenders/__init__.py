"""The rules that are run side by side on the same series: one file each, found by looking in this folder.

A contender is a pure function `alarms(series, on="voters") -> list[int]`: the cycles at which it says that
the model narrows, cycle k judged from the cycles 0 to k alone. On "score" the very same rule looks at mean
score and at nothing else, which is what a lead is measured against.

All see the values that the product measured, so that they differ by their rule and not by what they count.
`knows_borders` tells those that begin again where the evaluation changed. Most of what is in use does not:
such a rule compares across the border with the first baseline, as its user would without knowing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Literal, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from metrics.core import History, Registry, Status

On = Literal["voters", "score"]
T = TypeVar("T")


class Series(Protocol):
    """What a contender may look at, and what the table groups by. Only an oracle looks at `truth`."""

    @property
    def history(self) -> History:
        """The measured values, each beside its baseline."""

    @property
    def truth(self) -> tuple[float, ...]:
        """The true tail recall, cycle by cycle."""

    @property
    def scores(self) -> Mapping[int, npt.NDArray[np.float64]] | None:
        """The score of every row by cycle, where they were kept: a drift test needs them."""

    @property
    def onset(self) -> int | None:
        """The first cycle that was trained on what narrows; None where nothing ever does."""

    @property
    def recovery(self) -> int | None:
        """The first cycle after the onset that was trained on human data again, where there is one."""

    @property
    def world(self) -> str:
        """The simulated world."""

    @property
    def setting(self) -> str:
        """What was varied: prompts, cycles, seed noise."""

    @property
    def regime(self) -> str:
        """What happened to the training data."""

    @property
    def seed(self) -> int:
        """Which of the series that are alike otherwise."""


class Alarms(Protocol):
    """The cycles at which a rule says that the model narrows."""

    def __call__(self, series: Series, on: On = "voters") -> list[int]:
        """Judge one series, by its voting metrics or by mean score alone."""


@dataclass(frozen=True)
class Contender:
    """One rule. `statuses` is there for rules that say more than alarm or none, such as learning."""

    name: str
    label: str
    knows_borders: bool
    alarms: Alarms = field(compare=False)
    statuses: Callable[[Series], Sequence[Status]] | None = field(default=None, compare=False)


CONTENDERS: Registry[Contender] = Registry(__name__)


def contender(
    name: str,
    label: str,
    *,
    knows_borders: bool = False,
    statuses: Callable[[Series], Sequence[Status]] | None = None,
) -> Callable[[Alarms], Alarms]:
    """Declare the decorated function as a contender."""

    def register(alarms: Alarms) -> Alarms:
        CONTENDERS.add(Contender(name, label, knows_borders, alarms, statuses))
        return alarms

    return register


def once(said: Callable[[Series], T]) -> Callable[[Series], T]:
    """What a function says of the history that it was asked about last is kept, and not worked out again.

    A contender is asked of each series for its alarms, for those on mean score, and for its statuses.
    """
    last: list[tuple[History, T]] = []

    @wraps(said)
    def kept(series: Series) -> T:
        if not last or last[0][0] is not series.history:
            last[:] = [(series.history, said(series))]
        return last[0][1]

    return kept
