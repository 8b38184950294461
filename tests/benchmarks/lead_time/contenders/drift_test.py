"""A drift test on the scores of the rows against those of the baseline, with Evidently's defaults."""

import warnings

import numpy as np
from scipy import stats
from scipy.spatial.distance import jensenshannon

from tests.benchmarks.lead_time.contenders import On, Series, contender
from tests.benchmarks.lead_time.lines import Floats, first_baseline, where

SMALL, FEW_VALUES = 1000, 5
P, DISTANCE = 0.05, 0.1


def drifted(reference: Floats, current: Floats) -> bool:
    """Whether a numeric column has drifted, by the test that the package picks for its size and values.

    Up to 1,000 reference rows a p of .05: Kolmogorov-Smirnov, or chi-square where there are three to five
    different values, or a test of two shares where there are two. Beyond, a distance of .1: Wasserstein
    in SD of the reference, or Jensen-Shannon where there are five different values or fewer.

    Ten rows of 0 to 9 against ten of 20 to 29 are as far apart as can be, p = 2 / 184756:

    >>> drifted(np.arange(10.0), np.arange(20.0, 30.0)), drifted(np.arange(10.0), np.arange(10.0))
    (True, False)
    """
    different = len(np.unique(np.concatenate([reference, current])))
    if len(reference) <= SMALL:
        if different > FEW_VALUES:
            return _kolmogorov_smirnov(reference, current) <= P
        return (_chi_square if different > 2 else _two_shares)(reference, current) < P
    if different > FEW_VALUES:
        unit = max(float(np.std(reference)), 0.001)
        return bool(stats.wasserstein_distance(reference, current) / unit >= DISTANCE)
    shares = [_counts(x, reference, current) / len(x) for x in (reference, current)]
    return bool(jensenshannon(shares[0], shares[1]) >= DISTANCE)


def _counts(values: Floats, *both: Floats) -> Floats:
    return np.array([np.sum(values == level) for level in np.unique(np.concatenate(both))], float)


def _kolmogorov_smirnov(reference: Floats, current: Floats) -> float:
    with warnings.catch_warnings():
        # Where the exact p gets out of hand scipy takes the asymptotic one, and says so; so does the package.
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(stats.ks_2samp(reference, current).pvalue)


def _chi_square(reference: Floats, current: Floats) -> float:
    expected = _counts(reference, reference, current) * len(current) / len(reference)
    seen = _counts(current, reference, current)
    if (expected == 0).any():
        # A value that the reference never had: its term is infinite.
        return 0.0
    return float(stats.chisquare(seen, expected).pvalue)


def _two_shares(reference: Floats, current: Floats) -> float:
    top = max(reference.max(), current.max())
    hits, sizes = [np.sum(x == top) for x in (reference, current)], [len(reference), len(current)]
    pooled = sum(hits) / sum(sizes)
    if pooled in (0.0, 1.0):
        return 1.0
    error = np.sqrt(pooled * (1 - pooled) * (1 / sizes[0] + 1 / sizes[1]))
    return float(2 * stats.norm.sf(abs(hits[0] / sizes[0] - hits[1] / sizes[1]) / error))


def against(series: Series, positions: tuple[int, ...]) -> list[int]:
    """The cycles after the baseline whose rows have drifted from those at the positions."""
    cycles = [series.history.standings[i].cycle for i in positions]
    scores = series.scores or {}
    if not cycles or any(c not in scores for c in cycles):
        return []
    reference = np.concatenate([scores[c] for c in cycles])

    def alarm(position: int) -> bool:
        rows = scores.get(series.history.standings[position].cycle)
        return rows is not None and len(rows) > 0 and drifted(reference, rows)

    return where(series, alarm)


@contender("drift_test", "Evidently's drift test on score")
def alarms(series: Series, on: On = "voters") -> list[int]:
    """The score column of a cycle has drifted from that of all baseline rows, as Evidently 0.7.23 decides it.

    Both directions count, as there. With more than 1,000 baseline rows that is a Wasserstein distance of a
    tenth of an SD, else a Kolmogorov-Smirnov test at p = .05. It looks at the scores whatever it is asked
    to look at, and is silent where they were not kept. Rows are not paired by prompt. Checked against the
    package (`against_packages` beside this folder). It knows no borders.
    """
    return against(series, first_baseline(series))
