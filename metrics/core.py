"""The vocabulary that every other module speaks: what things declare and return, how they are found."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from metrics.errors import TailwatchError as TailwatchError
from metrics.errors import Undefined as Undefined
from metrics.registry import Registry as Registry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

Family = Literal["quality", "diversity", "complexity", "tail", "coverage", "health", "drift", "provenance"]
Healthy = Literal["high", "low", "reference"]
Scale = Literal["identity", "log", "arcsine"]
Interval = Literal["jackknife", "wilson", "bootstrap"]
ValueStatus = Literal["ok", "too_few", "no_column", "undefined"]
Status = Literal["learning", "healthy", "watch", "narrowing", "collapse", "not_comparable"]
Quality = Literal["steady", "dropped", "unknown"]
Severity = Literal["watch", "narrowing", "collapse"]
SEVERITIES: tuple[Severity, ...] = ("watch", "narrowing", "collapse")
GROUPS, FEWEST_BASELINE = 20, 3
VOTES_FROM, TAIL_VOTES_FROM = 200, 50
NEEDED_TO_VOTE = f"{VOTES_FROM} outputs are needed, or {TAIL_VOTES_FROM} tail prompts"
NUMBERED = "row of the file"  # the name of a raw table's index where it holds the rows' numbers


@dataclass(frozen=True, eq=False)
class Reading:
    """What a metric function returns.

    `views`: the value of the whole, then without each prompt group. `n`: outputs it rests on, effective where
    weighted. `raw`: the textbook value at full size. `step`: the least change of one output. `spread`: times
    seen, types seen so often. `parts`: of single classes or modes. `draws`: bootstrap values from a seed.
    """

    views: npt.NDArray[np.float64]
    n: float
    raw: float | None = None
    step: float | None = None
    note: str | None = None
    spread: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    parts: Mapping[str, Reading] = field(default_factory=dict)
    draws: Callable[[int], npt.NDArray[np.float64]] | None = None

    @property
    def value(self) -> float:
        """The value of the whole."""
        return float(self.views[0])


@dataclass(frozen=True)
class Metric:
    """A pure function from a sample of outputs to a reading, with its facts declared."""

    name: str
    label: str
    family: Family
    healthy: Healthy
    needs: tuple[str, ...]
    source: str
    votes: bool = False
    votes_from: int = VOTES_FROM
    minimum: int = 20
    part_minimum: int | None = None  # of a class or mode; as many as of the whole where not given
    bounds: tuple[float, float] = (0.0, 1.0)
    unit: str = "share"
    scale: Scale = "identity"
    interval: Interval = "jackknife"
    version: int = 1
    rarefies: Literal["per word", "share", "repeats"] | None = None
    compute: Callable[..., Reading] = field(default=NotImplemented, compare=False)

    @property
    def doc(self) -> str:
        """The metric's documentation: its docstring, in the app too."""
        return inspect.getdoc(self.compute) or ""

    @property
    def sign(self) -> float:
        """What turns its values so that down is bad: -1 where low is healthy, else 1."""
        return -1.0 if self.healthy == "low" else 1.0


@dataclass(frozen=True)
class MetricValue:
    """One metric, at one cycle, of the whole or one slice. `value` is None unless `status` is ok."""

    cycle: int
    metric: str
    version: int
    slice: str | None
    status: ValueStatus
    value: float | None = None
    raw: float | None = None
    low: float | None = None
    high: float | None = None
    n: float | None = None
    step: float | None = None
    replicates: tuple[float, ...] = ()
    note: str | None = None
    stderr: float | None = None  # of a value that came without replicates
    spread: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())  # times seen, types seen so often


@dataclass(frozen=True)
class Standing:
    """How one cycle stands to its baseline, and under which comparison it was measured."""

    cycle: int
    segment: int
    comparison: str
    baseline: tuple[int, ...]
    complete: bool
    note: str | None = None
    shared: float = 1.0  # share of the baseline's prompts that the cycle has too
    wanted: int = 4  # cycles that make a baseline

    @property
    def opens_segment(self) -> bool:
        """True for the cycle at which the evaluation changed, so that the baseline starts again."""
        return self.segment == self.cycle and self.note is not None


@dataclass(frozen=True)
class Trend:
    """One metric of one slice over a lineage's cycles, each beside the baseline measured exactly alike."""

    metric: Metric
    slice: str | None
    values: tuple[MetricValue | None, ...]
    baselines: tuple[tuple[MetricValue, ...], ...]
    seeds: tuple[tuple[MetricValue, ...], ...] = ()  # of each replicate seed; none where there is one
    references: tuple[MetricValue | None, ...] = ()  # the pinned human reference, measured alike

    def until(self, count: int) -> Trend:
        """The same trend as it stood after its first `count` cycles."""
        return replace(
            self,
            values=self.values[:count],
            baselines=self.baselines[:count],
            seeds=self.seeds[:count],
            references=self.references[:count],
        )


@dataclass(frozen=True)
class History:
    """All that a rule may look at: what was measured, cycle by cycle, in order."""

    lineage: str
    standings: tuple[Standing, ...]
    trends: Mapping[tuple[str, str | None], Trend]

    def until(self, count: int) -> History:
        """The same history as it stood after its first `count` cycles."""
        trends = {key: trend.until(count) for key, trend in self.trends.items()}
        return History(self.lineage, self.standings[:count], trends)


@dataclass(frozen=True)
class Finding:
    """One thing that a rule noticed at one cycle. `since` is the first cycle of its evidence."""

    severity: Severity
    metric: str | None
    slice: str | None
    since: int
    message: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Judgement:
    """What a rule says after one cycle, knowing that cycle and those before it and nothing else."""

    cycle: int
    findings: tuple[Finding, ...] = ()
    status: Status | None = None
    quality: Quality | None = None
    since: int | None = None
    quality_since: int | None = None
    message: str = ""


@dataclass(frozen=True)
class Rule:
    """A pure function from (history, options) to one judgement per cycle; `builtin` ones take no options."""

    name: str
    label: str
    evaluate: Callable[[History, Mapping[str, Any]], Sequence[Judgement]] = field(compare=False)
    builtin: bool = False

    @property
    def doc(self) -> str:
        """The rule's docstring."""
        return inspect.getdoc(self.evaluate) or ""


@dataclass(frozen=True)
class RawTable:
    """What a reader returns: `rows` as found, their index named NUMBERED where known, and the `rejects`."""

    rows: pd.DataFrame
    rejects: pd.DataFrame


@dataclass(frozen=True)
class Reader:
    """A pure function from a file to a raw table, and the file endings by which it is chosen."""

    name: str
    label: str
    suffixes: tuple[str, ...]
    read: Callable[[Path], RawTable] = field(compare=False)

    @property
    def doc(self) -> str:
        """The reader's docstring."""
        return inspect.getdoc(self.read) or ""


METRICS: Registry[Metric] = Registry("metrics.catalog")
READERS: Registry[Reader] = Registry("metrics.readers")
RULES: Registry[Rule] = Registry("metrics.rules")


def metric(name: str, **facts: Any) -> Callable[[Callable[..., Reading]], Callable[..., Reading]]:
    """Declare the decorated function as a metric; `facts` are the fields of `Metric`."""

    def register(compute: Callable[..., Reading]) -> Callable[..., Reading]:
        METRICS.add(Metric(name=name, compute=compute, **facts))
        return compute

    return register


def reader(name: str, label: str, suffixes: tuple[str, ...]) -> Callable[..., Callable[[Path], RawTable]]:
    """Declare the decorated function as a reader of files with these endings."""

    def register(read: Callable[[Path], RawTable]) -> Callable[[Path], RawTable]:
        READERS.add(Reader(name, label, suffixes, read))
        return read

    return register


def rule(name: str, label: str, builtin: bool = False) -> Callable[..., Callable[..., Sequence[Judgement]]]:
    """Declare the decorated function as a rule."""

    def register(evaluate: Callable[..., Sequence[Judgement]]) -> Callable[..., Sequence[Judgement]]:
        RULES.add(Rule(name, label, evaluate, builtin))
        return evaluate

    return register
