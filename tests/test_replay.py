"""What every built-in rule keeps to, whatever the history: no look ahead, no order, no surprise."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics import narrowing, panel, runs
from metrics.core import METRICS, RULES, History, MetricValue, Standing
from metrics.panel import Cycles, Panel
from tests import planted
from tests.planted import Key

BUILTIN = {name: rule for name, rule in RULES.all().items() if rule.builtin}
VOTERS = [m.name for m in planted.voters()]


def baselines(kind: int, count: int) -> Sequence[Standing]:
    """The first cycles, three of them, chosen ones, those of another lineage, or two evaluations."""
    first = planted.standings(count)
    chosen = tuple(range(2, min(count, 6)))
    at = count // 2
    return [
        first,
        planted.standings(count, 3),
        [replace(s, baseline=chosen or (0,), complete=True) for s in first],
        [replace(s, baseline=(-4, -3, -2, -1), complete=True) for s in first],
        [*first[:at], *planted.standings(count, segment=at)],
    ][kind]


def spoiled(own: Sequence[MetricValue], kind: int, rng: np.random.Generator) -> list[MetricValue | None]:
    """The same values: as they are, with holes, unknown here and there, bare, late, or stuck at one value."""
    odd = rng.random(len(own)) < 0.3
    made: list[list[MetricValue | None]] = [
        list(own),
        [None if o else v for v, o in zip(own, odd, strict=True)],
        [
            replace(v, status="undefined", value=None, note="odd") if o else v
            for v, o in zip(own, odd, strict=True)
        ],
        [replace(v, replicates=(), stderr=0.01 if o else None) for v, o in zip(own, odd, strict=True)],
        [None if i < 7 else v for i, v in enumerate(own)],
        [replace(v, value=1.0, replicates=(1.0,) * 20, step=0.02) for v in own],
    ]
    return made[kind]


def wild(seed: int) -> History:
    """Any number of metrics, classes and slices over any number of cycles, as odd as they may come."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 22))
    catalog = METRICS.all()
    keys: list[Key] = [(name, None) for name in [*VOTERS, "mean_score"] if rng.random() < 0.6]
    keys += [("class_recall", f"class:{i}") for i in range(rng.integers(0, 3))]
    keys += [(name, f"t={i}") for i in range(rng.integers(0, 3)) for name in VOTERS if rng.random() < 0.3]
    own = {}
    for i, (name, part) in enumerate(keys):
        fall = np.cumsum(rng.random(count)) * rng.choice([0.0, 0.0, 1.0, 5.0])
        facts = {"noise": rng.choice([0.0, 0.01]), "n": int(rng.choice([30, 400]))}
        values = planted.values(catalog[name], fall.tolist(), 99 * seed + i, part=part, **facts)
        own[name, part] = spoiled(values, int(rng.integers(6)), rng)
    return planted.made(own, baselines(int(rng.integers(5)), count))


@given(st.integers(0, 10_000), st.integers(1, 21))
@settings(max_examples=25, deadline=None)
def test_any_history_is_judged_by_what_was_there(seed: int, cut: int):
    """Entry k is the same when later cycles, and what only they have, are cut off; order means nothing."""
    past = wild(seed)
    then = past.until(cut)
    there = {key: t for key, t in then.trends.items() if any(v is not None for v in t.values)}
    turned = replace(past, trends=dict(reversed(past.trends.items())))
    for name, rule in BUILTIN.items():
        said = list(rule.evaluate(past, {}))
        assert [j.cycle for j in said] == [s.cycle for s in past.standings]
        assert list(rule.evaluate(replace(then, trends=there), {})) == said[:cut], name
        assert list(rule.evaluate(turned, {})) == said, name


@pytest.mark.parametrize("name", BUILTIN)
def test_a_long_history_is_a_replay(name: str):
    """Voters, classes and slices over 30 cycles, two evaluations, a fall: cut off anywhere, the same."""
    keys: list[Key] = [(v, part) for part in (None, "t=a", "t=b") for v in VOTERS]
    keys += [("mean_score", None), *(("class_recall", f"class:{i}") for i in range(6))]
    fall = [0.0] * 18 + [15.0] * 12
    past = planted.split(planted.of(dict.fromkeys(keys, fall), seed=3), 8)
    said = list(BUILTIN[name].evaluate(past, {}))
    for count in (6, 13, 14, 19, 20, 25):
        assert list(BUILTIN[name].evaluate(past.until(count), {})) == said[:count]
    assert any(j.findings for j in said)


def test_without_mean_score_quality_is_unknown_and_the_test_goes_on():
    past = planted.collapsing(onset=8)
    bare = replace(past, trends={key: t for key, t in past.trends.items() if key[0] != "mean_score"})
    with_it, without = (BUILTIN["early_warning"].evaluate(h, {}) for h in (past, bare))
    assert {j.quality for j in without} == {"unknown"}
    assert [j.since for j in without] == [j.since for j in with_it]


def test_mean_score_is_no_voter_in_the_evidence():
    """Not among the metrics an alert rests on, and never the one that a watch is about."""
    moves = {"mean_score": [0.0] * 9 + [40.0] * 11, "distinct_1": [0.0] * 9 + [8.0] + [0.0] * 10}
    said = BUILTIN["early_warning"].evaluate(planted.history(moves, seed=1), {})
    (finding,) = said[9].findings
    assert (finding.severity, finding.metric) == ("watch", "distinct_1")
    assert {row["metric"] for row in finding.evidence["metrics"]} == set(VOTERS)


def test_who_falls_silent_is_watched():
    """All voters had values; from cycle 9 on the outputs say nothing: no narrowing, and nothing healthy."""
    past = planted.history({}, seed=1)
    own = {key: list(t.values) for key, t in past.trends.items()}
    for values in own.values():
        values[9:] = [replace(v, status="undefined", value=None, note="No words.") for v in values[9:] if v]
    said = BUILTIN["early_warning"].evaluate(planted.made(own, past.standings), {})
    assert [j.status for j in said[7:]] == ["healthy"] * 2 + ["watch"] * 11
    assert "Not measurable any more: " in said[9].message
    assert said[9].message.endswith("(No words).")


def test_z_is_what_the_early_warning_sees():
    """`panel.scores` of one voter beside the same in a reading; unknown before a verdict may be given."""
    past = planted.collapsing(onset=8)
    trend = past.trends["distinct_1", None]
    (found,) = panel.scores(past, [trend])
    readings = narrowing.read(past.standings, panel.voters(past), past.trends["mean_score", None])
    assert found[:4] == [None] * 4
    assert found[4:] == [r.deviations["distinct_1"].z for r in readings[4:]]


# Lower is never better


def strength(past: History) -> list[float]:
    cycles = Cycles.of(past.standings, range(len(past.standings)))
    return Panel.of(panel.voters(past), cycles).joint().strength.tolist()


@given(st.integers(0, 500), st.integers(6, 14), st.sampled_from(VOTERS), st.floats(0.5, 30.0))
@settings(max_examples=40, deadline=None)
def test_a_lower_last_value_never_makes_the_last_cycle_look_better(
    seed: int, last: int, name: str, by: float
):
    """The noise of a cycle is learned from those before it, so only its distance moves.

    As long as it is no outlier beside them. However low, it never looks better than above its baseline.
    """
    moves = dict.fromkeys(VOTERS, [0.0] * (last - 2) + [3.0, 3.0])
    lower, above = ({**moves, name: [*moves[name][:-1], x]} for x in (3.0 + by, -3.0))
    now, then, calm = (planted.history(m, seed=seed, count=last) for m in (lower, moves, above))
    assert strength(now)[-1] >= strength(calm)[-1] - 1e-9
    with pytest.MonkeyPatch.context() as without:
        without.setattr(runs, "ODD", 1e9)
        without.setattr(runs, "OUTLIER", 2e9)
        assert strength(now)[-1] >= strength(then)[-1] - 1e-9


def test_a_lower_value_before_the_last_may_raise_the_noise():
    """What is no rule: a steep fall counts as a step, so that the cycle after it is less unusual."""
    few, far = (
        strength(planted.history({"distinct_1": [0.0] * 6 + [x] * 2}, seed=1, count=8))[-1]
        for x in (6.0, 60.0)
    )
    assert far < few * 10
