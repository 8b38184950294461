"""The Mann-Kendall test for a falling trend, with Bonferroni over the metrics."""

import numpy as np
from scipy.stats import kendalltau

from tests.benchmarks.lead_time.contenders import On, Series, contender
from tests.benchmarks.lead_time.lines import Floats, lines, where

ALPHA = 0.05


def falls(values: Floats, alpha: float) -> bool:
    """Whether Kendall's tau of the values against time is negative and its two-sided p below alpha.

    Six values that fall every time are one of 720 orders, and so are six that rise: p = 2 / 720 = .0028.

    >>> falls(np.arange(6.0, 0.0, -1.0), 0.0028), falls(np.arange(6.0, 0.0, -1.0), 0.0027)
    (True, False)
    """
    known = values[~np.isnan(values)]
    # The p of equal values is not a number: they have no order.
    if len(known) < 2 or np.ptp(known) == 0:
        return False
    found = kendalltau(np.arange(len(known)), known)
    return bool(found.statistic < 0 and found.pvalue < alpha)


@contender("mann_kendall", "Mann-Kendall, Bonferroni")
def alarms(series: Series, on: On = "voters") -> list[int]:
    """Some metric falls over all cycles so far: p < .05 divided by the number of metrics (Mann 1945).

    Asked anew after each cycle, as its users do, and not corrected for that. A sudden drop after many
    healthy cycles is a trend only late. It knows no borders: all cycles so far are one line.
    """
    watched = lines(series, on)
    alpha = ALPHA / max(len(watched), 1)
    return where(series, lambda i: any(falls(line.values[: i + 1], alpha) for line in watched))
