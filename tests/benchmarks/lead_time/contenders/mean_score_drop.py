"""Mean score 5 % below its baseline."""

import numpy as np
import numpy.typing as npt

from tests.benchmarks.lead_time.contenders import On, Series, contender
from tests.benchmarks.lead_time.lines import Floats, any_of, lines

SHARE = 0.05


def dropped(values: Floats, centre: float, share: float) -> npt.NDArray[np.bool_]:
    """Whether each value lies more than a share of the centre below it.

    >>> dropped(np.array([0.77, 0.75]), 0.8, 0.05).tolist()
    [False, True]
    """
    return np.asarray(values < centre - share * abs(centre))


@contender("mean_score_drop", "Mean score -5 %")
def alarms(series: Series, on: On = "voters") -> list[int]:
    """One cycle whose mean score is more than 5 % below the mean of the baseline cycles.

    The rule of thumb of release gates; the 5 % have no source but habit. It looks at mean score whatever it
    is asked to look at. It knows no noise and no borders.
    """
    return any_of(series, (dropped(line.values, line.centre, SHARE) for line in lines(series, "score")))
