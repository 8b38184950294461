"""How unsteady healthy retrains are in each setting: what the settings' noise and warmth really came to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from tests.benchmarks.lead_time import series
from tests.benchmarks.lead_time.regimes import REGIMES
from tests.benchmarks.lead_time.series import Series
from tests.benchmarks.lead_time.settings import SETTINGS, STANDARD

Floats = npt.NDArray[np.float64]
UNSTEADY = ("standard", "noisy", "warm", "noisy_warm")
TRUTH = "true tail recall"
SEEN = (TRUTH, "tail_recall", "mean_score", "distinct_1", "distinct_2", "dispersion", "coverage")


def moves(healthy: Iterable[Series], name: str) -> Floats:
    """Each series' values about their own mean, a row a series."""
    rows = [_values(one, name) for one in healthy]
    found = np.array(rows)
    return np.asarray(found - found.mean(axis=1, keepdims=True))


def _values(one: Series, name: str) -> Sequence[float]:
    if name == TRUTH:
        return one.truth
    values = one.history.trends[(name, None)].values
    return [np.nan if v is None or v.value is None else v.value for v in values]


def spread(found: Floats) -> float:
    """The standard deviation of a cycle about its series' mean."""
    return float(np.sqrt((found**2).sum() / (found.shape[0] * (found.shape[1] - 1))))


def carried(found: Floats) -> float:
    """Correlation of neighbouring cycles of a first-order process that would look like this.

    Taking away a series' own mean makes neighbours look less alike than they are; that is made up for.
    """
    raw = float((found[:, 1:] * found[:, :-1]).sum() / (found**2).sum())
    known = np.linspace(-0.9, 0.99, 190)
    return float(np.interp(raw, [_looks(rho, found.shape[1]) for rho in known], known))


def _looks(rho: float, cycles: int) -> float:
    """What `carried` sees of a correlation once the mean is taken away."""
    apart = np.abs(np.subtract.outer(np.arange(cycles), np.arange(cycles)))
    less = np.eye(cycles) - 1 / cycles
    shared = less @ rho**apart @ less
    return float(np.diagonal(shared, 1).sum() / np.trace(shared))


def table(world: str, seeds: range) -> Iterator[str]:
    """One row for each setting and measure: spread, times that of the standard setting, lag-1 correlation."""
    usual: dict[str, float] = {}
    for name in UNSTEADY:
        found = [series.read(world, SETTINGS[name], REGIMES["healthy"], seed) for seed in seeds]
        healthy = [one for one in found if one is not None]
        for measure in SEEN if healthy else ():
            own = moves(healthy, measure)
            if name == STANDARD.name:
                usual[measure] = spread(own)
            factor = spread(own) / usual.get(measure, np.nan)
            yield f"{world} {name:12}{measure:18}{spread(own):8.4f} x{factor:.2f}{carried(own):+8.2f}"
