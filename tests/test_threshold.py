"""A user's own rule: for so many cycles, by the point or by the whole interval, and its terms in words."""

from collections.abc import Sequence
from typing import Any

import pytest

from metrics.core import METRICS, RULES, History, MetricValue, TailwatchError, Trend
from metrics.terms import checked, in_words
from tests import planted

BELOW = {"metric": "distinct_1", "comparator": "below"}


def series(numbers: Sequence[float | None], name: str = "distinct_1", half: float = 0.05) -> History:
    """One metric that reads just this, its interval `half` to either side; None is unknown."""
    own = tuple(
        MetricValue(c, name, 1, None, "undefined", note="none")
        if x is None
        else MetricValue(c, name, 1, None, "ok", x, x, x - half, x + half, 400.0, replicates=spread(x))
        for c, x in enumerate(numbers)
    )
    places = planted.standings(len(numbers))
    base = tuple(tuple(own[c] for c in s.baseline) for s in places)
    return History("L", tuple(places), {(name, None): Trend(METRICS.get(name), None, own, base)})


def spread(x: float) -> tuple[float, ...]:
    return tuple(x * (1 + 0.01 * (-1) ** i) for i in range(20))


def fired(numbers: Sequence[float | None], name: str = "distinct_1", **options: Any) -> list[int]:
    past = series(numbers, name)
    said = RULES.get("threshold").evaluate(past, {**BELOW, "metric": name, **options})
    return [j.cycle for j in said if j.findings]


def test_value_speaks_once_the_baseline_stands():
    assert fired([0.1, 0.1, 0.1, 0.1, 0.5, 0.2, 0.3, 0.1], line=0.3) == [5, 7]
    assert fired([0.1, 0.1, 0.1, 0.1, 0.5, 0.2, 0.3, 0.1], line=0.3, comparator="above") == [4]


def test_percent_of_the_baseline():
    """Baseline mean (.4 + .6 + .4 + .6) / 4 = .5; 80 % of it is .4."""
    numbers = [0.4, 0.6, 0.4, 0.6, 0.41, 0.39, 0.4]
    assert fired(numbers, statistic="pct_baseline", line=80) == [5]


def test_percent_of_the_cycle_before():
    numbers = [0.5, 0.5, 0.5, 0.5, 0.44, 0.35, 0.36]
    assert fired(numbers, statistic="pct_previous", line=89) == [4, 5]
    assert fired([*numbers[:4], None, 0.1, 0.05], statistic="pct_previous", line=89) == [6]


def test_z_counts_normal_movements_and_keeps_its_sign():
    """Below -2 means less than the baseline, also for a metric that is healthy when low."""
    numbers = [0.50, 0.51, 0.50, 0.51, 0.505, 0.40]
    assert fired(numbers, statistic="z", line=-2) == [5]
    assert fired(numbers, "duplicate_rate", statistic="z", line=-2) == [5]
    assert fired(numbers, "duplicate_rate", statistic="z", line=2, comparator="above") == []


def test_for_cycles_counts_running_cycles_only():
    numbers = [0.5] * 4 + [0.1, 0.1, 0.5, 0.1, 0.1, 0.1, None, 0.1]
    assert fired(numbers, line=0.3, for_cycles=1) == [4, 5, 7, 8, 9, 11]
    assert fired(numbers, line=0.3, for_cycles=2) == [5, 8, 9]
    assert fired(numbers, line=0.3, for_cycles=3) == [9]


def test_the_whole_interval_beyond_the_line():
    """Intervals reach .05 to either side: .27 is below .3, its upper end .32 is not."""
    numbers = [0.5] * 4 + [0.27, 0.24]
    assert fired(numbers, line=0.3) == [4, 5]
    assert fired(numbers, line=0.3, evidence="interval") == [5]
    assert fired([0.5] * 4 + [0.73, 0.76], line=0.7, evidence="interval", comparator="above") == [5]


def test_the_whole_interval_of_a_percentage_is_that_of_the_percentage():
    """Leaving out a group moves every cycle by 1 %, so that 54 % and 48 % of the baseline are sure."""
    numbers = [0.5] * 4 + [0.27, 0.24]
    assert fired(numbers, line=53.9, statistic="pct_baseline", evidence="interval") == [5]
    assert fired(numbers, line=54.1, statistic="pct_baseline", evidence="interval") == [4, 5]


def test_a_whole_family_is_watched_together():
    said = RULES.get("threshold").evaluate(
        planted.collapsing(onset=8, count=11),
        {"statistic": "index", "family": "voters", "comparator": "above", "line": 1.0, "for_cycles": 2},
    )
    assert [j.cycle for j in said if j.findings] == [10]
    (finding,) = said[10].findings
    assert (finding.metric, finding.slice, finding.since) == (None, None, 9)
    assert finding.message.startswith("The joint index of all metrics that vote is ")
    assert finding.message.endswith("times the line of the alarm, above your line of 1 for 2 cycles running.")


def test_rules_of_older_stores_go_on_working():
    """As they were written before there were windows and families."""
    old = {
        "metric": "distinct_1", "comparator": "below", "line": 80.0, "statistic": "pct_baseline",
        "for_cycles": 2, "severity": "narrowing", "evidence": "point",
    }  # fmt: skip
    assert checked(old) == old
    assert fired([0.5] * 4 + [0.39, 0.39], **old) == [5]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "Watch when Distinct-1 is below 0.5."),
        ({"statistic": "pct_baseline", "slice": "language=de"},
         "Watch when Distinct-1 of language=de is below 0.5 % of its baseline."),
        ({"statistic": "slope", "window": 4, "evidence": "interval", "for_cycles": 3},
         "Watch when the whole 95 % interval of the slope of Distinct-1 over 4 cycles is below 0.5 % of its"
         " baseline per cycle for 3 cycles running."),
        ({"statistic": "index", "family": "tail", "severity": "collapse"},
         "Collapse when the joint index of the tail metrics that vote is below 0.5 times the line of the"
         " alarm."),
    ],
)  # fmt: skip
def test_a_rule_in_words(options: dict[str, Any], words: str):
    assert in_words(checked({**BELOW, "line": 0.5, **options})) == words


def test_the_finding_says_since_when_and_what():
    past = series([0.5] * 4 + [0.1, 0.2])
    said = RULES.get("threshold").evaluate(
        past, {**BELOW, "line": 0.3, "for_cycles": 2, "severity": "collapse"}
    )
    (finding,) = said[5].findings
    assert (finding.severity, finding.since, finding.metric) == ("collapse", 4, "distinct_1")
    assert finding.message == "Distinct-1 is 0.2, below your line of 0.3 for 2 cycles running."


def test_an_unknown_metric_or_slice_is_silent():
    assert fired([0.1] * 6, line=0.3, slice="task=x") == []
    past = series([0.1] * 6)
    said = RULES.get("threshold").evaluate(past, {**BELOW, "metric": "gone", "line": 0.3})
    assert [j.findings for j in said] == [()] * 6


@pytest.mark.parametrize(
    "wrong",
    [
        {"statistic": "median"},
        {"comparator": "="},
        {"severity": "fatal"},
        {"evidence": "gut"},
        {"line": None},
        {"line": "low"},
        {"line": float("nan")},
        {"for_cycles": 0},
        {"for_cycles": "x"},
        {"statistic": "slope", "window": 2},
        {"slice": "de"},
        {"metric": None},
        {"statistic": "index"},
        {"statistic": "index", "family": "health"},
    ],
    ids=str,
)
def test_wrong_options_get_a_sentence(wrong):
    with pytest.raises(TailwatchError) as caught:
        checked({**BELOW, "line": 1, **wrong})
    assert str(caught.value).endswith(".")
