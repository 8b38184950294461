"""What one could see of the tail if recall were known without sampling noise."""

import numpy as np
import numpy.typing as npt

from tests.benchmarks.lead_time.contenders import On, Series, contender
from tests.benchmarks.lead_time.lines import Floats, first_baseline, lines, where

TIMES, RUN, FLOOR = 3.0, 2, 0.01
# The median of the absolute difference of two standard normal numbers: .6745 * sqrt(2).
MEDIAN_STEP = 0.9539


def noise(past: Floats) -> float:
    """The noise between retrainings from successive differences: their median, which one fall cannot raise.

    Steps of .02, .02, .02 and one of .30: .02 / .9539.

    >>> round(noise(np.array([0.50, 0.52, 0.50, 0.52, 0.22])), 4)
    0.021
    """
    steps = np.abs(np.diff(past[~np.isnan(past)]))
    return max(float(np.median(steps)) / MEDIAN_STEP, FLOOR) if len(steps) else FLOOR


def low(values: Floats, base: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Whether each value lies 3 SD below the baseline's mean and the one before does too.

    >>> low(np.array([0.5, 0.5, 0.5, 0.5, 0.4, 0.4]), (0, 1, 2, 3)).tolist()
    [False, False, False, False, False, True]
    """
    centre, wider = np.nanmean(values[list(base)]), (1 + 1 / len(base)) ** 0.5
    each = [bool(v < centre - TIMES * wider * noise(values[:i])) for i, v in enumerate(values)]
    return np.array([i >= RUN - 1 and all(each[i - RUN + 1 : i + 1]) for i in range(len(each))])


@contender("oracle", "Oracle: sees the true tail recall")
def alarms(series: Series, on: On = "voters") -> list[int]:
    """True tail recall has been 3 SD of its retrain noise below its baseline mean for two cycles running.

    The noise is that of healthy retraining, from the baseline and all cycles before the one judged, at
    least .01. No sampling noise, no other metric. It bounds what a rule can reach that waits for a loss of
    tail recall larger than what retraining alone makes; a rule that watches other families as well may be
    earlier, where these go first. The truth has no borders. On mean score: the same on measured values.
    """
    base = first_baseline(series)
    values = np.array(series.truth) if on == "voters" else _score(series)
    if not base or len(values) <= max(base) or np.isnan(values[list(base)]).all():
        return []
    flags = low(values, base)
    return where(series, lambda i: bool(flags[i] and i - RUN + 1 > max(base)))


def _score(series: Series) -> Floats:
    found = lines(series, "score")
    return found[0].values if found else np.zeros(0)
