"""The starting rule, looking at mean score and at nothing else."""

from tests.benchmarks.lead_time.contenders import On, Series, contender, starting_rule


@contender("same_on_score", "The starting rule on mean score", knows_borders=True)
def alarms(series: Series, on: On = "voters") -> list[int]:
    """Mean score 1.75 normal movements under its baseline for two cycles running, as the starting rule.

    It looks at mean score whatever it is asked to look at: the lead of the starting rule is measured against
    it. A worked example is the test in which mean score alone falls, from cycle 8 on: it alarms from cycle 9.
    It knows borders.
    """
    return starting_rule.alarms(series, "score")
