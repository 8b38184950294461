"""The tabular CUSUM chart."""

import numpy as np
import numpy.typing as npt

from tests.benchmarks.lead_time.contenders import On, Series, contender
from tests.benchmarks.lead_time.lines import Floats, after, any_of, lines

K, H = 0.5, 5.0


def crossed(z: Floats, start: int) -> npt.NDArray[np.bool_]:
    """Where the lower sum max(0, C - z - K) is above H, begun at a position; the unknown changes nothing.

    Two standard deviations low adds 1.5 each time, so that the fourth time makes 6.0:

    >>> crossed(np.array([0.0, -2.0, -2.0, -2.0, -2.0]), 1).tolist()
    [False, False, False, False, True]
    """
    total, flags = 0.0, np.zeros(len(z), bool)
    for i in range(start, len(z)):
        if not np.isnan(z[i]):
            total = max(0.0, total - z[i] - K)
        flags[i] = total > H
    return flags


@contender("cusum", "CUSUM, k .5, h 5")
def alarms(series: Series, on: On = "voters") -> list[int]:
    """Some metric's lower cumulative sum of (-z - .5) is above 5, z in standard deviations of its baseline.

    Page 1954, tabular as in Montgomery's Statistical Quality Control, which advises k = 1/2 and h = 4 or 5.
    Those assume that mean and SD are known; here they come from the baseline cycles, as they would for a
    user. One chart for each metric, not corrected for their number; not set back after an alarm. It knows
    no borders.
    """
    start = after(series).start
    return any_of(series, (crossed(line.z, start) for line in lines(series, on)))
