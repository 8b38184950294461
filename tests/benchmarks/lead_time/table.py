"""From series and contenders to tables: false alarms, detection, delay, lead and recovery, never pooled.

Every line is one contender in one regime of one setting of one world.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from statistics import median

import numpy as np
from scipy.special import betaincinv

from metrics import stats
from metrics.lead_time import Fact, Pair, Row
from tests.benchmarks.lead_time.outcomes import UNJUDGED, Group, Outcome, grouped

DRAWS, LEVEL = 2000, 0.95


def clopper_pearson(hits: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """The exact interval of a share (Clopper and Pearson 1934). None of 10: 1 - .025^(1/10) above.

    >>> [round(x, 4) for x in clopper_pearson(0, 10)], [round(x, 4) for x in clopper_pearson(5, 10)]
    ([0.0, 0.3085], [0.1871, 0.8129])
    """
    tail = (1 - level) / 2
    low = float(betaincinv(hits, n - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, n - hits, 1 - tail)) if hits < n else 1.0
    return low, high


def bootstrap(values: Sequence[float], seed: int) -> tuple[float, float, float]:
    """The mean and its percentile interval, drawn by series (Efron 1979).

    >>> bootstrap([2.0, 2.0, 2.0], 0)
    (2.0, 2.0, 2.0)
    """
    x = np.asarray(values, float)
    drawn = np.random.default_rng(seed).integers(0, len(x), (DRAWS, len(x)))
    low, high = np.quantile(x[drawn].mean(axis=1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(x.mean()), float(low), float(high)


def rows(found: Iterable[Outcome]) -> list[Row]:
    """One row for each contender in each regime."""
    return [_row(group, name, each) for (group, name), each in grouped(found).items()]


def _row(group: Group, name: str, found: Sequence[Outcome]) -> Row:
    false, n = sum(o.false for o in found), len(found)
    leads = [o.lead for o in found if o.lead is not None]
    delays = [o.delay for o in found if o.delay is not None]
    lead = bootstrap(leads, stats.seed(*group, name)) if leads else (None, None, None)
    narrows = any(o.onset is not None for o in found)
    low, high = clopper_pearson(len(delays), n) if narrows else (None, None)
    resolved = [o.resolved for o in found if o.resolved is not None]
    return Row(
        *group,
        name,
        n,
        false,
        false / n,
        *clopper_pearson(false, n),
        unjudged=_share([s in UNJUDGED for o in found for s in o.statuses or ()]),
        collapses=_collapses(found),
        settled=None if narrows else _share([o.settled for o in found if o.settled is not None]),
        detected=len(delays) if narrows else None,
        detected_share=len(delays) / n if narrows else None,
        detected_low=low,
        detected_high=high,
        median_delay=median(delays) if delays else None,
        lead=lead[0],
        lead_low=lead[1],
        lead_high=lead[2],
        lead_series=len(leads),
        alone=sum(o.alone for o in found),
        resolved=_share(resolved),
        resolved_series=len(resolved),
        let_go=_share([o.let_go for o in found if o.let_go is not None]),
    )


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None


def _collapses(found: Sequence[Outcome]) -> int | None:
    """Series that ever reach `collapse`, for contenders that say it."""
    said = [o.statuses for o in found if o.statuses is not None]
    return sum("collapse" in statuses for statuses in said) if said else None


def paired(found: Iterable[Outcome], first: str, second: str) -> list[Pair]:
    """Two contenders on the same series, regime by regime; where nothing narrows only their false alarms."""
    groups = grouped(found)
    pairs = []
    for (group, name), mine in groups.items():
        others = {o.seed: o for o in groups.get((group, second), [])}
        both = [(o, others[o.seed]) for o in mine if o.seed in others]
        if name == first and both:
            pairs.append(_pair(group, first, second, both))
    return pairs


def _pair(group: Group, first: str, second: str, both: Sequence[tuple[Outcome, Outcome]]) -> Pair:
    seed, narrows = stats.seed(*group, first, second), both[0][0].onset is not None

    def differs(of: Callable[[Outcome], float | None]) -> list[float]:
        ends = [(of(a), of(b)) for a, b in both]
        return [a - b for a, b in ends if a is not None and b is not None]

    def mean(of: Callable[[Outcome], float | None]) -> tuple[float | None, float | None, float | None]:
        found = differs(of) if narrows else []
        return bootstrap(found, seed) if found else (None, None, None)

    return Pair(
        *group,
        first,
        second,
        len(both),
        *bootstrap(differs(lambda o: o.false), seed),
        *mean(lambda o: o.delay is not None),
        *mean(lambda o: o.censored_delay),
        *mean(lambda o: o.lead),
        lead_series=len(differs(lambda o: o.lead)),
    )


def as_csv(table: Sequence[Row] | Sequence[Pair] | Sequence[Fact], kind: type) -> str:
    """Every number of a table, in full, under the names of its columns; unknown is empty."""
    text, names = io.StringIO(), [f.name for f in fields(kind)]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([getattr(row, name) for name in names] for row in table)
    return text.getvalue()
