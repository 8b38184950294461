"""Which cycles may be compared with which baseline, told from what was declared and from the outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from metrics import marks, traits
from metrics.baselines import REFERENCE, Choice
from metrics.comparison import Keys, common
from metrics.core import FEWEST_BASELINE, Standing
from metrics.marks import Marks
from metrics.traits import Traits

SHARED_NEEDED = 0.8
DECLARED = ("decoding", "scorer", "encoder", "embedding")
# The first cycle that a baseline holds from, its cycles, and whether they are enough.
Era = tuple[int, list["Conditions"], bool]


@dataclass(frozen=True)
class Conditions:
    """What of one cycle decides with which others it may be compared. `prompts` is sorted and unique."""

    cycle: int
    prompts: Keys = field(repr=False)  # none where a cycle has no outputs, only aggregates
    decoding: str | None = None
    scorer: str | None = None
    encoder: str | None = None
    embedding: str | None = None
    traits: Traits = field(default_factory=Traits, repr=False)
    name: str = ""
    marks: Marks | None = field(default=None, repr=False)  # None where they are not known

    @property
    def called(self) -> str:
        """'cycle 3', or the name that a cycle of another lineage goes by."""
        return self.name or f"cycle {self.cycle}"


@dataclass(frozen=True)
class Placed:
    """How a cycle stands, and the cycles from whose outputs the conditions of measurement are frozen."""

    standing: Standing
    frozen: tuple[int, ...]


@dataclass(frozen=True)
class Control:
    """A control lineage's baselines, in order; their cycles bear the numbers that they are lent under."""

    name: str
    baselines: tuple[tuple[Conditions, ...], ...] = ()
    complete: bool = True  # whether they are as long as was asked for, so that no cycle changes them


def shared(one: Keys, other: Keys) -> float:
    """Share of the smaller set of prompts that both have.

    Of the smaller one: prompts that were left out or added are no reason not to compare the others, but
    prompts that were replaced are.
    """
    smaller = min(len(one), len(other))
    return len(np.intersect1d(one, other, assume_unique=True)) / smaller if smaller else 0.0


def kept(one: Keys, other: Keys) -> float:
    """Share of the other's prompts that the one has too; 1 where either asked nothing."""
    if not len(one) or not len(other):
        return 1.0
    return len(np.intersect1d(one, other, assume_unique=True)) / len(other)


def difference(
    now: Conditions, then: Sequence[Conditions], baseline: Sequence[Conditions], asked: Conditions
) -> str | None:
    """Why a cycle may not be compared with others, in words, or None where it may.

    The first of `then` that declared something counts, the outputs, labels and weights of the `baseline` and
    of the last of `then`, and the prompts of `asked`. A cycle without outputs asked nothing that could be
    another question.
    """
    part = shared(now.prompts, asked.prompts)
    if part < SHARED_NEEDED and len(now.prompts) and len(asked.prompts):
        unlike = marks.unlike_words(now.marks, asked.marks, asked.called)
        return unlike or f"only {part:.0%} of its prompts are those of {asked.called}"
    for name in DECLARED:
        mine = getattr(now, name)
        other = next((c for c in then if getattr(c, name) is not None), None)
        if mine is not None and other is not None and settings(mine) != settings(getattr(other, name)):
            return f"its {name} is {mine}, that of {other.called} is {getattr(other, name)}"
    told = {c.cycle: c for c in (*baseline, then[-1])}
    marked = marks.changed(now.marks, [c.marks for c in told.values()], baseline[0].called)
    return marked or traits.changed(now.traits, [c.traits for c in told.values()], baseline[0].called)


def settings(declared: str) -> frozenset[tuple[str, str]]:
    """What was declared, however it is written; text that is no list of K=V is one setting.

    >>> settings("temperature=1, top_p=0.90") == settings("top_p=.9,temperature=1.0")
    True
    """
    pairs = (part.partition("=") for part in declared.split(","))
    return frozenset((name.strip(), _number(value.strip())) for name, _, value in pairs)


def _number(text: str) -> str:
    try:
        return str(float(text))
    except ValueError:
        return text


class _Segment:
    """Comparable cycles, in order. The first `wanted` that ask nearly all prompts make the baseline."""

    def __init__(self, first: Conditions, wanted: int) -> None:
        self.cycles: list[Conditions] = []
        self.baseline: list[Conditions] = []
        self.wanted = wanted
        self.add(first)

    @property
    def complete(self) -> bool:
        return len(self.baseline) >= self.wanted

    def add(self, now: Conditions) -> None:
        self.cycles.append(now)
        if not self.complete:
            # A cycle that lacks many prompts would take them from every later comparison, for ever.
            most = max(self.cycles, key=lambda c: len(c.prompts))
            self.baseline = [c for c in self.cycles if kept(c.prompts, most.prompts) >= SHARED_NEEDED]

    @cached_property
    def _frozen(self) -> Conditions:
        return _asked(self.baseline)

    def differs(self, now: Conditions) -> str | None:
        """Why a cycle does not belong here."""
        asked = self._frozen if self.complete else max(self.cycles, key=lambda c: len(c.prompts))
        return difference(now, self.cycles, self.baseline, asked)

    def eras(self, choice: Choice) -> list[Era]:
        """Every baseline that holds in this segment, in order.

        A pinned one that lies wholly after another succeeds it: what was judged until then stays judged.
        Else it takes its place.
        """
        first = self.cycles[0].cycle
        found: list[Era] = [(first, self.baseline, self.complete)]
        for pinned in choice.pinned:
            mine = [c for c in self.cycles if c.cycle in pinned]
            if not mine:
                continue
            while found and not (found[-1][2] and found[-1][1][-1].cycle < mine[0].cycle):
                found.pop()
            found.append((mine[0].cycle if found else first, mine, len(mine) >= FEWEST_BASELINE))
        return found


def _cohort(cycles: Sequence[Conditions]) -> Keys:
    return common([c.prompts for c in cycles if len(c.prompts)])


def _asked(cycles: Sequence[Conditions]) -> Conditions:
    """The first that has prompts, with those that all have."""
    named = next((c for c in cycles if len(c.prompts)), cycles[0])
    return replace(named, prompts=_cohort(cycles))


def place(
    cycles: Sequence[Conditions], choice: Choice | None = None, control: Control | None = None
) -> list[Placed]:
    """Put each cycle into a segment of comparable cycles, looking only backwards, and give it its baseline.

    A cycle joins the latest segment that it is comparable with, else it opens one: a single odd cycle does
    not end the series. Before those of a lineage stand the cycles that its control lends it.
    """
    chosen = choice or Choice()
    if control is not None:
        return _beside(cycles, control)
    found: list[_Segment] = []
    notes: dict[int, str | None] = {}
    for now in cycles:
        reasons = [segment.differs(now) for segment in found]
        fits = [i for i, reason in enumerate(reasons) if reason is None]
        if fits:
            found[_home(found, fits, now)].add(now)
        else:
            found.append(_Segment(now, chosen.first))
            notes[now.cycle] = reasons[-1] if reasons else None
    placed = [p for segment in found for p in _of_segment(segment, chosen, notes)]
    return sorted(placed, key=lambda p: p.standing.cycle)


def _home(found: Sequence[_Segment], fits: Sequence[int], now: Conditions) -> int:
    """The latest segment that a cycle is comparable with, unless outputs were longer there and are no more.

    Outputs that grow short begin no segment, so that a longer one would keep all that come after it.
    """
    back = (i for i in reversed(fits) if not traits.longer(found[i].cycles[-1].traits, now.traits))
    return next(back, fits[-1])


def _of_segment(segment: _Segment, choice: Choice, notes: dict[int, str | None]) -> list[Placed]:
    if choice.reference:
        return _human(segment, notes)
    eras, placed = segment.eras(choice), []
    for now in segment.cycles:
        start, base, complete = next(era for era in reversed(eras) if era[0] <= now.cycle)
        part, wanted = kept(now.prompts, _cohort(base)), len(base) if complete else choice.first
        cycles = tuple(c.cycle for c in base)
        standing = Standing(now.cycle, start, "", cycles, complete, notes.get(now.cycle), part, wanted)
        placed.append(Placed(standing, cycles))
    return placed


def _human(segment: _Segment, notes: dict[int, str | None]) -> list[Placed]:
    """Compared with the human reference, as soon as the first cycles say how much retraining moves."""
    frozen = tuple(c.cycle for c in segment.baseline)
    first, cohort, placed = segment.cycles[0].cycle, _cohort(segment.baseline), []
    for now in segment.cycles:
        knows, why = segment.complete and now.cycle > max(frozen), notes.get(now.cycle)
        facts = (knows, why, kept(now.prompts, cohort), segment.wanted)
        placed.append(Placed(Standing(now.cycle, first, "", (REFERENCE,), *facts), frozen))
    return placed


def _beside(cycles: Sequence[Conditions], control: Control) -> list[Placed]:
    """Compared with the first of the control's baselines that a cycle is comparable with."""
    placed: dict[int, Placed] = {}
    began: dict[int, int] = {}
    last: dict[int, Conditions] = {}
    asked = [_asked(base) for base in control.baselines]
    for now in cycles:
        thens = [(*base, last.get(i, base[-1])) for i, base in enumerate(control.baselines)]
        parts = zip(thens, control.baselines, asked, strict=True)
        reasons = [difference(now, *each) for each in parts]
        fits = [i for i, reason in enumerate(reasons) if reason is None]
        if not fits:
            why = reasons[-1] if reasons else f"'{control.name}', its control, has no baseline yet"
            own = (now.cycle,)
            placed[now.cycle] = Placed(Standing(now.cycle, now.cycle, "", own, False, why), own)
            continue
        base = control.baselines[fits[0]]
        lends = tuple(c.cycle for c in base)
        full = control.complete and len(base) >= FEWEST_BASELINE
        segment, last[fits[0]] = began.setdefault(fits[0], now.cycle), now
        for cycle in lends:
            placed.setdefault(cycle, Placed(Standing(cycle, segment, "", lends, full), lends))
        part = kept(now.prompts, asked[fits[0]].prompts)
        placed[now.cycle] = Placed(Standing(now.cycle, segment, "", lends, full, None, part), lends)
    return [placed[cycle] for cycle in sorted(placed)]
