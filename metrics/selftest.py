"""The alarm bell, pressed: narrowing of known kind and strength, planted in copies of a lineage.

A copy is the lineage as recorded up to its last healthy cycle, and then goes on: each further cycle is a
really recorded healthy one, so that what retraining moves comes along, with a narrowing planted in a share of
its outputs. The engine measures these, the early warning and the lineage's own rules judge them. Nothing is
stored: the lineage is only read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics import chance, engine, moving, pipeline, stats
from metrics.copies import Ground, continued, ground
from metrics.core import History, TailwatchError
from metrics.injecting import INJECTIONS
from metrics.judging import episodes, judged
from metrics.pipeline import Progress
from metrics.remeasuring import Recorded, Values
from metrics.store import Alert, Store, UserRule, Verdict

Found = dict[str, Any]

STRENGTHS = (0.05, 0.10, 0.20, 0.40)
# From this share of the outputs on the bell has to ring.
STRONG = 0.20
CYCLES, MOST_CYCLES = 6, 40
SIMULATED, COPIES = 200, 20
# What is enough for a first look.
QUICK: Found = {"strengths": (0.10, 0.20), "simulated": 40}
# The part of the time that planting and measuring take.
PLANTED = 0.7


def press(
    store: Store,
    lineage: str,
    *,
    cycles: int = CYCLES,
    seed: int = 0,
    strengths: Sequence[float] = STRENGTHS,
    simulated: int = SIMULATED,
    progress: Progress = lambda share, what: None,
) -> Found:
    """Plant every kind of narrowing at every strength, and tell which alerts come and after how many cycles.

    `strengths` are shares of the outputs, `simulated` is a number of series. Returns plain values: `rings`,
    `silent`, `injections` (one entry for each kind and strength), `unseen`, `impossible`, and `untouched`,
    which says how often copies are flagged in which nothing was planted. `untested` is the first cycle of a
    later evaluation that has no baseline yet, else None. Nothing is written. Raises
    TailwatchError where the lineage has no healthy cycles to copy, or is not measured up to now.
    """
    if not 1 <= cycles <= MOST_CYCLES:
        raise TailwatchError(f"A self-test goes on for 1 to {MOST_CYCLES} cycles;", f"got {cycles}.")
    if seed < 0:
        raise TailwatchError("A seed is a number from 0 up;", f"got {seed}.")
    bell = _bell(store, lineage, cycles, seed)
    found, impossible = _planted(bell, strengths, progress)
    if not found:
        raise TailwatchError(f"No narrowing can be planted in '{lineage}'.", impossible[0]["why"])
    by_chance = bell.simulated(simulated, progress)
    quiet = [c for c in found if c["strength"] >= STRONG and not c["fired"]]
    silent = [c for c in quiet if not INJECTIONS.get(c["injection"]).unseen]
    unseen = {c["injection"]: INJECTIONS.get(c["injection"]).unseen for c in quiet if c not in silent}
    progress(1.0, "Done")
    return {
        "lineage": lineage,
        **{"cycles": cycles, "seed": seed, "last_cycle": bell.last},
        "sources": [bell.past.standings[i].cycle for i in bell.ground.sources],
        "untested": bell.ground.untested,
        "rings": not silent,
        "silent": [{name: c[name] for name in ("injection", "label", "strength")} for c in silent],
        "injections": found,
        "unseen": [{**_named(name), "why": why} for name, why in unseen.items()],
        "impossible": impossible,
        "untouched": {"simulated": by_chance, "recorded": bell.recorded()},
    }


def _bell(store: Store, lineage: str, cycles: int, seed: int) -> _Bell:
    """Read all that copies are made of."""
    state = store.state(lineage)
    if state is None:
        raise pipeline.no_lineage(store, lineage)
    if state.data_revision != state.measured_revision or engine.outdated(store, lineage):
        raise TailwatchError(
            f"Not every cycle of '{lineage}' is measured yet.", do="`tailwatch refresh` measures them."
        )
    rules = store.rules(lineage)
    begin = ground(pipeline.history(store, lineage), store.verdicts(lineage))
    outputs = Recorded.of(store, lineage, state, begin, rules, seed)
    drawn = begin.drawn(cycles, np.random.default_rng([seed, 0]))
    return _Bell(outputs, outputs.read(begin.past), rules, drawn, seed)


def _planted(bell: _Bell, strengths: Sequence[float], progress: Progress) -> tuple[list[Found], list[Found]]:
    """What is said of a copy with each kind at each strength, and why some cannot be planted."""

    def report(share: float, what: str) -> None:
        progress(PLANTED * share, what)

    values, reasons = bell.outputs.planted(bell.drawn, strengths, report)
    same, size = bell.alerts(continued(bell.past, bell.drawn)), bell.outputs.size(bell.drawn[0])
    found = [
        {**_named(name), "strength": s, "outputs": round(s * size), **bell.rung(each, same)}
        for (name, s), each in values.items()
    ]
    return found, [{**_named(name), "why": reason} for name, reason in reasons.items()]


def _named(name: str) -> Found:
    return {"injection": name, "label": INJECTIONS.get(name).label}


@dataclass(frozen=True)
class _Bell:
    """A lineage's copies: the cycles as recorded, those they go on with, and what judges them."""

    outputs: Recorded
    past: History
    rules: Sequence[UserRule]
    drawn: tuple[int, ...]
    seed: int

    @property
    def ground(self) -> Ground:
        """Where copies begin."""
        return self.outputs.ground

    @property
    def last(self) -> int:
        """The last cycle as recorded."""
        return self.past.standings[-1].cycle

    def rung(self, values: Sequence[Values], same: Sequence[Alert]) -> Found:
        """What is said of a copy that narrows from its first further cycle on.

        `same` are the alerts that come where nothing is planted: no credit is taken for these.
        """
        said = judged(continued(self.past, self.drawn, values), self.rules)
        alerts = _told(self._new(said), same, said, self.last)
        first = next((a for a in alerts if a["severity"] != "watch"), None)
        return {
            "fired": first is not None,
            "after": first["after"] if first else None,
            "alert": first,
            "alerts": alerts,
            "quality": said[-1].quality,
            "statuses": [v.status for v in said[-len(self.drawn) :]],
        }

    def simulated(self, series: int, progress: Progress) -> Found:
        """How many of so many simulated histories, in which nothing narrows, are ever flagged."""
        cycles, flagged, learned = self.ground.later + len(self.drawn), 0, moving.learn(self.past)
        for i in range(series):
            progress(PLANTED + (1 - PLANTED) * i / series, "Untouched copies")
            said = judged(chance.draw(learned, stats.seed(self.seed, i), cycles), self.rules)
            flagged += any(f.severity != "watch" for v in said for _, f in v.findings)
        low, high = stats.wilson(flagged / series, series)
        found = {"series": series, "cycles": cycles, "flagged": flagged}
        return {**found, "share": flagged / series, "low": low, "high": high}

    def recorded(self) -> Found:
        """How many copies are flagged that go on with recorded cycles as they are, in any order."""
        draws = (
            self.ground.drawn(len(self.drawn), np.random.default_rng([self.seed, i])) for i in range(COPIES)
        )
        alerts = [self.alerts(continued(self.past, drawn)) for drawn in draws]
        flagged = sum(any(a.severity != "watch" for a in each) for each in alerts)
        return {"series": COPIES, "cycles": len(self.drawn), "flagged": flagged}

    def alerts(self, copy: History) -> list[Alert]:
        """What is raised in the further cycles of a copy."""
        return self._new(judged(copy, self.rules))

    def _new(self, said: Sequence[Verdict]) -> list[Alert]:
        found = [a for a in episodes(self.past.lineage, said) if a.first_cycle > self.last]
        return sorted(found, key=lambda a: (a.first_cycle, a.severity == "watch", a.rule, a.metric or ""))


def _told(new: Sequence[Alert], same: Sequence[Alert], said: Sequence[Verdict], last: int) -> list[Found]:
    """Alerts in plain values as they were when they came, without those that come anyway."""
    anyway = {(a.first_cycle, a.rule, a.metric, a.slice) for a in same}
    findings = {
        (v.cycle, rule, f.metric, f.slice, f.severity == "watch"): f for v in said for rule, f in v.findings
    }
    found = []
    for a in new:
        place = (a.first_cycle, a.rule, a.metric, a.slice)
        if place not in anyway:
            then = findings[(*place, a.severity == "watch")]
            named = {"rule": a.rule, "metric": a.metric, "slice": a.slice, "message": then.message}
            grade = {"severity": then.severity, "worst": a.severity}
            found.append({"after": a.first_cycle - last, **grade, **named})
    return found
