"""The EWMA chart: an exponentially weighted moving average with its control limits."""

import numpy as np
import numpy.typing as npt

from tests.benchmarks.lead_time.contenders import On, Series, contender
from tests.benchmarks.lead_time.lines import Floats, after, any_of, lines

WEIGHT, WIDTH = 0.2, 3.0


def crossed(z: Floats, start: int) -> npt.NDArray[np.bool_]:
    """Where the average is below its lower limit, begun at a position; the unknown changes nothing.

    Its variance after i values is w / (2 - w) * (1 - (1 - w)^(2 i)). First value: average .2 z, limit .6.
    Second, at -2.5 each: -.9 against 3 * sqrt(.0656) = .768.

    >>> crossed(np.array([-2.5, -2.5]), 0).tolist()
    [False, True]
    """
    average, seen, flags = 0.0, 0, np.zeros(len(z), bool)
    for i in range(start, len(z)):
        if not np.isnan(z[i]):
            average, seen = (1 - WEIGHT) * average + WEIGHT * z[i], seen + 1
        variance = WEIGHT / (2 - WEIGHT) * (1 - (1 - WEIGHT) ** (2 * seen))
        flags[i] = average < -WIDTH * variance**0.5
    return flags


@contender("ewma", "EWMA, lambda .2, L 3")
def alarms(series: Series, on: On = "voters") -> list[int]:
    """Some metric's moving average, weight .2, is below three of its own standard deviations.

    Roberts 1959; weight and width from Lucas and Saccucci 1990, with the exact limits of the first values.
    Mean and SD come from the baseline cycles. One chart for each metric, not corrected for their number. It
    knows no borders.
    """
    start = after(series).start
    return any_of(series, (crossed(line.z, start) for line in lines(series, on)))
