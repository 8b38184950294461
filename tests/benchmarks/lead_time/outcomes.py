"""What one contender did on one series, in the few numbers that the tables are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from metrics.core import Status
from tests.benchmarks.lead_time.contenders import Contender, Series

UNJUDGED: tuple[Status, ...] = ("learning", "not_comparable")
SETTLED: tuple[Status, ...] = ("healthy", "watch")
# An alarm counts as over where it is off so many cycles after human data came back.
RECOVERY_CYCLES = 4

Group = tuple[str, str, str]


@dataclass(frozen=True)
class Outcome:
    """The alarms of one contender on one series, `score` those of its rule on mean score."""

    group: Group
    seed: int
    contender: str
    cycles: int
    onset: int | None
    recovery: int | None
    alarms: tuple[int, ...]
    score: tuple[int, ...]
    statuses: tuple[Status, ...] | None = None

    @property
    def false(self) -> bool:
        """Whether it alarmed before the onset; at all, where nothing narrows."""
        return any(self.onset is None or c < self.onset for c in self.alarms)

    @property
    def delay(self) -> int | None:
        """Cycles from the onset to the first alarm; None where there is none or one came before the onset."""
        return _delay(self.alarms, self.onset)

    @property
    def censored_delay(self) -> int:
        """The delay, or that of an alarm at the cycle after the last where there was none."""
        return self.cycles - (self.onset or 0) if self.delay is None else self.delay

    @property
    def lead(self) -> int | None:
        """Cycles by which the alarm came before that of the same rule on mean score, where both came."""
        later = _delay(self.score, self.onset)
        return None if self.delay is None or later is None else later - self.delay

    @property
    def alone(self) -> bool:
        """Whether it detected while the same rule on mean score never said anything."""
        return self.delay is not None and not self.score

    @property
    def resolved(self) -> bool | None:
        """Whether an alarm from before the recovery was off four cycles after it; None where none was."""
        if self.recovery is None or self.delay is None or self.alarms[0] >= self.recovery:
            return None
        last = self.recovery + RECOVERY_CYCLES
        return last not in self.alarms if last < self.cycles else None

    @property
    def let_go(self) -> bool | None:
        """Whether a detected narrowing that went on was ever said to be over; None where not detected."""
        if self.delay is None or self.onset is None or self.recovery is not None:
            return None
        return any(c not in self.alarms for c in range(self.alarms[0], self.cycles))

    @property
    def settled(self) -> bool | None:
        """Whether each time that it begins to judge it says healthy or watch, and judges at the end.

        None of a contender without statuses, and where something narrows.
        """
        if self.statuses is None or self.onset is not None:
            return None
        told = ("learning", *self.statuses)
        first = [now for then, now in pairwise(told) if then in UNJUDGED and now not in UNJUDGED]
        return told[-1] not in UNJUDGED and all(status in SETTLED for status in first)


def _delay(alarms: Sequence[int], onset: int | None) -> int | None:
    if onset is None or not alarms or alarms[0] < onset:
        return None
    return alarms[0] - onset


def outcome(contender: Contender, series: Series) -> Outcome:
    """Run one contender on one series."""
    said = contender.statuses
    return Outcome(
        (series.world, series.setting, series.regime),
        series.seed,
        contender.name,
        len(series.history.standings),
        series.onset,
        series.recovery,
        tuple(contender.alarms(series)),
        tuple(contender.alarms(series, "score")),
        None if said is None else tuple(said(series)),
    )


def outcomes(every: Iterable[Series], contenders: Iterable[Contender]) -> list[Outcome]:
    """Run every contender on every series; the series may be made one after the other."""
    chosen = list(contenders)
    return [outcome(each, series) for series in every for each in chosen]


def grouped(found: Iterable[Outcome]) -> dict[tuple[Group, str], list[Outcome]]:
    """The outcomes of each world, setting and regime by contender, in order of seed: never pooled."""
    groups: dict[tuple[Group, str], list[Outcome]] = {}
    for each in sorted(found, key=lambda o: (o.group, o.contender, o.seed)):
        groups.setdefault((each.group, each.contender), []).append(each)
    return groups
