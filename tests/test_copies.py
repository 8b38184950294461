"""What copies of a lineage take over from the cycles that they are made from."""

from dataclasses import replace

from metrics.copies import continued
from metrics.judging import judged
from metrics.narrowing import read
from metrics.store import UserRule
from tests import planted, replicating

TREND = ("mean_score", None)


def test_copies_of_cycles_with_replicate_seeds_keep_these_and_are_judged():
    """Three retrains of each cycle: a copy is pooled from as many, which lie as far apart, planted or not."""
    past = replicating.history({}, seeds=[3] * 8)
    own = past.trends[TREND].seeds
    measured = [{TREND: past.trends[TREND].values[5]}, {TREND: past.trends[TREND].values[4]}]
    for copy in (continued(past, (6, 5)), continued(past, (6, 5), measured)):
        assert copy.trends[TREND].seeds == (*own, own[6], own[5])
        voters = [t for t in copy.trends.values() if t.metric.votes]
        assert len(read(copy.standings, voters, copy.trends[TREND])) == 10
        assert [v.cycle for v in judged(copy, [])] == [*range(10)]


def test_a_rule_held_against_human_texts_judges_copies_too():
    past = planted.history({}, count=8)
    trend = past.trends[TREND]
    human = replace(trend.values[0], cycle=-1)
    past = replace(past, trends={TREND: replace(trend, references=(human,) * 8)})
    options = {"metric": "mean_score", "statistic": "pct_reference", "comparator": "above", "line": 1.0}
    said = judged(continued(past, (5, 6)), [UserRule("x", "planted", "threshold", options)])
    assert [[rule for rule, _ in v.findings] for v in said[-2:]] == [["threshold:x"]] * 2
