"""Any metric beyond three standard deviations of its baseline cycles."""

import numpy as np
import numpy.typing as npt

from tests.benchmarks.lead_time.contenders import On, Series, contender
from tests.benchmarks.lead_time.lines import Floats, Line, any_of, lines

TIMES = 3.0


def beyond(values: Floats, centre: float, spread: float) -> npt.NDArray[np.bool_]:
    """Whether each value lies more than three spreads from the centre, on either side.

    >>> beyond(np.array([0.4, 0.5, 0.65]), 0.5, 0.04).tolist()
    [False, False, True]
    """
    return np.abs(values - centre) > TIMES * spread


def _flags(line: Line) -> npt.NDArray[np.bool_]:
    return beyond(line.values, line.centre, line.spread(ddof=0))


@contender("three_sigma", "3 sigma of the baseline")
def alarms(series: Series, on: On = "voters") -> list[int]:
    """One cycle in which some metric lies beyond mean +- 3 SD of the baseline cycles, on either side.

    NannyML's default threshold (StandardDeviationThreshold of 0.13: multipliers 3 and 3, numpy's standard
    deviation with n below the line), each baseline cycle being one piece of the reference data. An
    SD from four values is often far too small, and nothing is corrected for many metrics. It knows no
    borders.
    """
    return any_of(series, (_flags(line) for line in lines(series, on)))
