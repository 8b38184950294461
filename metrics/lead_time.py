"""What the benchmark of lead time found: the tables that ship with this version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from metrics.studies import rows

FOLDER = Path(__file__).parent
ROWS, PAIRS, FACTS = "lead_time.csv", "lead_time_paired.csv", "lead_time_facts.csv"
OURS, STARTING, ORACLE = "ours", "starting_rule", "oracle"
# Not rivals: what bounds everybody, and a rule that looks at quality alone.
BESIDE = (OURS, STARTING, ORACLE, "same_on_score")
STANDARD, HEALTHY = "standard", "healthy"
# What is looked at only when the thresholds stand; and what was seen when it was before, with earlier rules.
SEALED, EARLIER = "sealed", ("sealed_first", "sealed_second", "sealed_third")
REPORTED_BEFORE = (
    "The open worlds' series were reported on for earlier versions of the rule too: what to change was partly"
    " noticed in them, how to change it was chosen on tuning seeds."
)
# So many of all healthy series may ever be said to narrow.
PROMISE = 0.05

NARROWING = {
    "replace": "own output only",
    "anchored_10": "10 % human, the same every cycle",
    "anchored_20": "20 % human, the same every cycle",
    "anchored_50": "50 % human, the same every cycle",
    "accumulate": "own output added to one human set",
    "sharpen": "half own output at low temperature",
    "curated": "half own output, the surest of it",
    "slow": "human share falls by 6 points a cycle",
    "late": "own output only, from cycle 12 on",
    "recovery": "own output for 5 cycles, then human",
}
BENIGN = {
    "prompt_swap": "15 % of the prompts change",
    "prompt_shift": "half of the prompts change",
    "decoding_step": "decoding changes",
    "scorer_change": "the scorer changes",
    "longer": "half of the outputs get longer",
}
REGIMES = {HEALTHY: "human data, nothing changes", **NARROWING, **BENIGN}
SETTINGS = {
    STANDARD: "800 prompts, 20 cycles",
    "prompts_300": "300 prompts",
    "prompts_3000": "3,000 prompts",
    "cycles_12": "12 cycles",
    "cycles_40": "40 cycles",
    "half_tail": "half of the prompts on tail classes",
    "noisy": "seed noise x 2.5",
    "warm": "each retrain starts from the last",
    "noisy_warm": "seed noise x 2.5, each retrain from the last",
    "sliced": "four slices",
}
WORLDS = {
    "synopses": "package synopses, naive Bayes and trigrams",
    "neural": "package descriptions, a small neural network",
    SEALED: "docstrings, logistic regression and a back-off generator",
    "sealed_first": "the same, as it was first opened, on the seeds 30000:31000, with an earlier rule",
    "sealed_second": "the same, as it was opened again, on 40000:41000, with an earlier rule",
    "sealed_third": "the same, as it was opened a third time, on 50000:51000, with an earlier rule",
}


@dataclass(frozen=True)
class Row:
    """One contender in one regime. What cannot be said, such as a lead without detections, is None.

    `unjudged`: share of cycles in learning or not comparable; `collapses`: series that ever reach it;
    `settled`: share of series that are healthy or on watch as soon as they are judged, each time, and are
    judged at the end. `detected` counts series whose first alarm is at or after the onset; `alone` those of
    them in which the same rule on mean score never alarmed, so that they have no lead; `resolved` is of the
    series that were in alarm when human data came back, `let_go` of the detected ones in which it never did.
    """

    world: str
    setting: str
    regime: str
    contender: str
    series: int
    false_alarms: int
    false_share: float
    false_low: float
    false_high: float
    unjudged: float | None
    collapses: int | None
    settled: float | None
    detected: int | None
    detected_share: float | None
    detected_low: float | None
    detected_high: float | None
    median_delay: float | None
    lead: float | None
    lead_low: float | None
    lead_high: float | None
    lead_series: int
    alone: int
    resolved: float | None
    resolved_series: int
    let_go: float | None


@dataclass(frozen=True)
class Pair:
    """How one contender differs from another on the same series, `first` less `second`, with 95 % intervals.

    `false`: in the share of series with a false alarm. Where nothing narrows there is nothing else. The delay
    of what was not detected is that of an alarm at the cycle after the last. The lead is over the series in
    which both have one.
    """

    world: str
    setting: str
    regime: str
    first: str
    second: str
    series: int
    false: float
    false_low: float
    false_high: float
    detection: float | None
    detection_low: float | None
    detection_high: float | None
    delay: float | None
    delay_low: float | None
    delay_high: float | None
    lead: float | None
    lead_low: float | None
    lead_high: float | None
    lead_series: int


@dataclass(frozen=True)
class Fact:
    """What the tables are of.

    Kinds: contender (name to label); by world rule, opened (the rule by which it was) and alike (a later one
    that says the same of every regime); seeds, metric, version.
    """

    kind: str
    name: str
    value: str


Place = tuple[str, str, str]


@dataclass(frozen=True)
class Study:
    """The tables together."""

    rows: tuple[Row, ...] = ()
    pairs: tuple[Pair, ...] = ()
    facts: tuple[Fact, ...] = ()

    def told(self, kind: str) -> dict[str, str]:
        """The facts of one kind by name, in their order."""
        return {f.name: f.value for f in self.facts if f.kind == kind}

    def worlds(self) -> list[str]:
        """The worlds that were measured, in order."""
        return sorted({r.world for r in self.rows}, key=lambda world: (_rank(WORLDS, world), world))

    def places(self, world: str) -> list[Place]:
        """What was measured of a world, in order: the standard setting first, then what narrows in it."""
        found = dict.fromkeys((r.world, r.setting, r.regime) for r in self.rows if r.world == world)
        return sorted(found, key=lambda p: (_rank(SETTINGS, p[1]), _rank(REGIMES, p[2])))

    def row(self, place: Place, contender: str) -> Row | None:
        """One contender at one place, where it was measured."""
        return next((r for r in self.rows if r.contender == contender and _place(r) == place), None)

    def pair(self, place: Place) -> Pair | None:
        """Ours less the starting rule at one place."""
        return next((p for p in self.pairs if _place(p) == place), None)

    def reported(self) -> str:
        """The seeds of the series that are reported, and those of the worlds that have their own."""
        seeds = self.told("seeds")
        own = "".join(f", those of {world} of {seeds[world]}" for world in self.worlds() if world in seeds)
        return seeds.get("reporting", "-") + own

    def rival(self, place: Place) -> Row | None:
        """The best of the popular rules where something narrows: most found, then soonest.

        Only those that keep the promise on the healthy series of the same world, or may keep it; a rule that
        always alarms finds everything.
        """
        world = (place[0], STANDARD, HEALTHY)
        rivals = [r for r in self.rows if _place(r) == place and r.contender not in BESIDE and r.detected]
        quiet = {r.contender for r in self.rows if _place(r) == world and r.false_low <= PROMISE}
        able = [r for r in rivals if r.contender in quiet]
        return min(able, key=_merit, default=None)


def _rank(names: Mapping[str, str], name: str) -> int:
    return list(names).index(name) if name in names else len(names)


def _place(of: Row | Pair) -> Place:
    return of.world, of.setting, of.regime


def _merit(row: Row) -> tuple[float, float, float]:
    delay = float("inf") if row.median_delay is None else row.median_delay
    return -(row.detected_share or 0.0), delay, row.false_share


def read(folder: Path) -> Study:
    """The tables in a folder; an empty study where there are none."""
    return Study(rows(folder / ROWS, Row), rows(folder / PAIRS, Pair), rows(folder / FACTS, Fact))


@lru_cache(maxsize=1)
def study() -> Study:
    """The study that ships with this version, see `read`."""
    return read(FOLDER)
