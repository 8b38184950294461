"""One metric of one sample: its value, its replicates, its interval, or the reason why it is unknown."""

from __future__ import annotations

from itertools import islice

import numpy as np

from metrics import stats
from metrics.core import Metric, MetricValue, Reading, Undefined, ValueStatus
from metrics.sample import Sample

MAX_PARTS = 200


def measure_one(metric: Metric, sample: Sample, cycle: int, part: str | None, seed: int) -> list[MetricValue]:
    """One metric of one sample and of its parts, with replicates and interval; unknown is a status."""

    def unknown(status: ValueStatus, note: str, n: float | None = None) -> list[MetricValue]:
        return [MetricValue(cycle, metric.name, metric.version, part, status, n=n, note=note)]

    missing = [need for need in metric.needs if not sample.has(need)]
    if missing:
        return unknown("no_column", f"The outputs have no {' and no '.join(missing)}.")
    if sample.n < metric.minimum:
        return unknown("too_few", f"{sample.n} outputs; {metric.minimum} are needed.", sample.n)
    try:
        with np.errstate(invalid="ignore", divide="ignore"):
            whole = metric.compute(sample)
    except Undefined as reason:
        return unknown("undefined", str(reason))
    fewest = metric.minimum if metric.part_minimum is None else metric.part_minimum
    found = [(part, whole, metric.minimum)]
    found += [(name, own, fewest) for name, own in islice(whole.parts.items(), MAX_PARTS) if part is None]
    return [_value(metric, sample, (cycle, name), own, least, seed) for name, own, least in found]


def _value(
    metric: Metric, sample: Sample, of: tuple[int, str | None], reading: Reading, minimum: int, seed: int
) -> MetricValue:
    key = (of[0], metric.name, metric.version, of[1])
    if reading.n < minimum:
        note = f"{reading.n:.0f} output{'' if reading.n == 1 else 's'}; {minimum} are needed."
        return MetricValue(*key, "too_few", n=reading.n, note=note)
    if not np.isfinite(reading.views).all():
        return MetricValue(*key, "undefined", note=reading.note or "It rests on too few different prompts.")
    low, high = _interval(metric, sample, reading, seed)
    return MetricValue(
        *(*key, "ok", reading.value),
        raw=reading.value if reading.raw is None else reading.raw,
        low=max(min(low, reading.value), metric.bounds[0]),
        high=min(max(high, reading.value), metric.bounds[1]),
        n=float(reading.n),
        step=reading.step,
        replicates=tuple(reading.views[1:].tolist()),
        note=reading.note,
        spread=reading.spread,
    )


def _interval(metric: Metric, sample: Sample, reading: Reading, seed: int) -> tuple[float, float]:
    if metric.interval == "wilson" and not sample.clustered:
        return stats.wilson(reading.value, reading.n)
    if metric.interval == "bootstrap":
        assert reading.draws is not None, f"{metric.name} declares a bootstrap and offers no draws"
        # The k-th of B values in order has k of B + 1 parts below it: else 200 values give 94 % for 95.
        low, high = np.nanquantile(reading.draws(seed), [0.025, 0.975], method="weibull")
        return float(low), float(high)
    return stats.jackknife_interval(reading.value, reading.views[1:], metric.scale, reading.step)
