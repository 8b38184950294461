"""Evidently's drift test on score, with one cycle as the reference."""

from tests.benchmarks.lead_time.contenders import On, Series, contender
from tests.benchmarks.lead_time.contenders.drift_test import against
from tests.benchmarks.lead_time.lines import first_baseline


@contender("drift_test_one", "Evidently's drift test on score, against one cycle")
def alarms(series: Series, on: On = "voters") -> list[int]:
    """As `drift_test`, against the last baseline cycle alone: one file of reference, one of current data.

    Up to 1,000 prompts that makes it the two-sample Kolmogorov-Smirnov test at p = .05, asked each cycle: of
    rows that do not change in the mean about one cycle in twenty drifts. The worked example is that of
    `drift_test.drifted`. It knows no borders.
    """
    return against(series, first_baseline(series)[-1:])
