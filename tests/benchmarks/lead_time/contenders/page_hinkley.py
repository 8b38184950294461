"""The Page-Hinkley test with river's defaults."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tests.benchmarks.lead_time.contenders import On, Series, contender
from tests.benchmarks.lead_time.lines import Floats, any_of, lines


@dataclass(frozen=True)
class Options:
    """The parameters of river's PageHinkley, with its defaults."""

    fewest: int = 30
    delta: float = 0.005
    threshold: float = 50.0
    alpha: float = 1 - 0.0001
    both: bool = True


def detected(values: Floats, options: Options) -> npt.NDArray[np.bool_]:
    """Where a change is detected; the test begins anew with the value after a detection.

    The means are 1, 1 and .5, so the lower sum is .1, .2, then .2 - 1 + .1 = -.7: .9 below its highest.

    >>> easy = Options(fewest=1, delta=0.1, threshold=0.8, alpha=1.0, both=False)
    >>> detected(np.array([1.0, 1.0, -0.5]), easy).tolist()
    [False, False, True]
    """
    flags = np.zeros(len(values), bool)
    seen, mean, up, down, least, most = 0, 0.0, 0.0, 0.0, np.inf, -1.0
    for i in np.flatnonzero(~np.isnan(values)):
        seen += 1
        mean += (values[i] - mean) / seen
        up = options.alpha * up + values[i] - mean - options.delta
        down = options.alpha * down + values[i] - mean + options.delta
        least, most = min(least, up), max(most, down)
        far = most - down > options.threshold or (options.both and up - least > options.threshold)
        flags[i] = seen >= options.fewest and far
        if flags[i]:
            seen, mean, up, down, least, most = 0, 0.0, 0.0, 0.0, np.inf, -1.0
    return flags


@contender("page_hinkley", "Page-Hinkley, river's defaults")
def alarms(series: Series, on: On = "voters") -> list[int]:
    """Some metric's Page-Hinkley test detects a change, with the defaults of river 0.26.1.

    Page 1954, Hinkley 1971. The defaults (30 values before the first detection, a threshold of 50 in the
    unit of the metric) are made for streams of thousands of values: on shares over tens of cycles they
    never fire. The recursion is written out here and checked against the package itself
    (`against_packages` beside this folder). An alarm is a moment: the test begins anew after it, so that
    it says nothing of when a change is over. It knows no baseline and no borders.
    """
    return any_of(series, (detected(line.values, Options()) for line in lines(series, on)))
