"""Any voting metric 10 % below its baseline."""

from tests.benchmarks.lead_time.contenders import On, Series, contender
from tests.benchmarks.lead_time.contenders.mean_score_drop import dropped
from tests.benchmarks.lead_time.lines import any_of, lines

SHARE = 0.10


@contender("any_metric_drop", "Any metric -10 %")
def alarms(series: Series, on: On = "voters") -> list[int]:
    """One cycle in which some metric is more than 10 % below the mean of its baseline cycles.

    A round number from dashboards, as that of mean score: recall .50 in the baseline alarms below .45.
    Rates that should be low are left out: a tenth more than next to nothing is nothing, and the rule would
    do nothing but alarm. It knows no noise and no borders.
    """
    high = (line for line in lines(series, on) if line.should_be_high)
    return any_of(series, (dropped(line.values, line.centre, SHARE) for line in high))
