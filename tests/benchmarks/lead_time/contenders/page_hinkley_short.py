"""The Page-Hinkley test, set for short series."""

from tests.benchmarks.lead_time.contenders import On, Series, contender
from tests.benchmarks.lead_time.contenders.page_hinkley import Options, detected
from tests.benchmarks.lead_time.lines import any_of, lines

SHORT = Options(fewest=5, delta=0.5, threshold=5.0, alpha=1.0, both=False)


@contender("page_hinkley_short", "Page-Hinkley, set for short series")
def alarms(series: Series, on: On = "voters") -> list[int]:
    """Some metric's Page-Hinkley test detects a fall, on values in standard deviations of the baseline.

    river's defaults never fire on tens of values, so this one is set as a chart would be: delta 1/2 and
    threshold 5 as the k and h of a CUSUM, from the fifth value on, downwards only, no forgetting. Unlike a
    CUSUM it compares with the running mean, not with the baseline's. A worked example: after four values
    of 0, one of -8 has a mean of -1.6 and lies 6.4 - .5 = 5.9 below it. It knows no borders.
    """
    return any_of(series, (detected(line.z, SHORT) for line in lines(series, on)))
