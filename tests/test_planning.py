"""What an eval set could see: the closed form against simulation, the planner, and what is said of it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics import chance, moving, panel, pipeline, planning
from metrics.advising import message, plan, thin_tail
from metrics.core import METRICS, RULES, History, TailwatchError
from metrics.detectable import Spread, line, needed, sureness
from metrics.missing import missing
from metrics.moving import Moving
from metrics.narrowing import METRIC_LINE
from metrics.planning import Aim, detectables
from metrics.planting import with_loss
from metrics.retraining import freedom
from tests import planted, replicating

ALARMS = ("narrowing", "collapse")
TAIL = "tail_recall"

spreads = st.builds(
    Spread,
    sampling=st.floats(1e-6, 1.0),
    retraining=st.floats(0.0, 1.0),
    shown=st.floats(0.25, 1.0),
    lasting=st.floats(0.0, 0.8),
    carried=st.floats(0.0, 0.95),
    cycles=st.integers(20, 40),
)


# The smallest loss


@settings(max_examples=25, deadline=None)
@given(spread=spreads, times=st.floats(1.0, 100.0))
def test_it_takes_more_to_be_surer_and_never_more_with_more_prompts(spread: Spread, times: float):
    half, most = (needed(spread, 2, power) for power in (0.5, 0.9))
    assert 0 < half < most
    assert needed(spread, 4, 0.9) <= most
    assert needed(spread.with_prompts(times), 2, 0.9) <= most * (1 + 1e-6)
    assert sureness(spread, most, 2) == pytest.approx(0.9, abs=0.01)


def test_without_retraining_it_falls_with_the_root_of_the_prompts():
    """Four times the prompts, half the noise, half the loss; the degrees of freedom stay."""
    spread = Spread(0.01)
    assert needed(spread.with_prompts(4.0), 2, 0.8) == pytest.approx(needed(spread, 2, 0.8) / 2, rel=1e-3)


def test_retraining_alone_bounds_it():
    """With a million times the prompts what is left is the retraining noise, with what is known of it now."""
    spread = Spread(0.01, retraining=0.0004)
    alone = Spread(0.0, retraining=0.0004, known=spread.freedom)
    assert needed(spread.with_prompts(1e6), 2, 0.8) == pytest.approx(needed(alone, 2, 0.8), rel=1e-3)


def test_the_line_lies_further_off_where_retrains_are_unsteady():
    spread = Spread(0.01, retraining=0.0025)
    assert line(replace(spread, unsteady=0.5)) > 1.05 * line(spread)


def test_where_nothing_moves_any_fall_is_seen():
    assert sureness(Spread(0.0), 1e-9, 2) == 1.0
    assert sureness(Spread(0.0), 0.0, 2) < 0.01


def test_no_loss_is_smaller_than_a_step_of_the_count():
    """Nothing moves at all: the step is all the noise there is. That of one output falls with their count."""
    saturated, counted = Spread(0.0, least=0.1), Spread(0.0, least=0.1, by_output=True)
    assert needed(saturated, 2, 0.8) == needed(saturated.with_prompts(9.0), 2, 0.8) > 0.3
    assert needed(counted.with_prompts(2.0), 2, 0.8) == pytest.approx(needed(counted, 2, 0.8) / 2)


def test_noise_is_known_as_well_as_its_parts():
    """Sampling alone: 19. Retraining alone, from 4 cycles: 2 * 9 / 8 = 2.25. Half and half (Satterthwaite
    1946): 2^2 / (1 / 19 + 1 / 2.25) = 8.05."""
    found = [Spread(*parts, cycles=4).freedom for parts in ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0))]
    assert found == pytest.approx([19, freedom(4), 4 / (1 / 19 + 1 / 2.25)])


def lineage(seed: int = 1, *, noise: float = 0.004, cycles: int = 20) -> Moving:
    """What moves a planted lineage, with the retraining noise that was put in, so that nothing is guessed."""
    learned = moving.learn(planted.history({}, seed=seed, noise=noise, sampling=0.01, count=cycles))
    true = np.full(len(learned.places), noise**2)
    still = replace(
        learned.noise, sampled=np.ones(len(true)), variance=true, likely=true, carried=np.zeros(len(true))
    )
    return replace(learned, noise=still, lasting=np.zeros(len(true)))


def low(history: History, name: str, cycles: tuple[int, int]) -> bool:
    """Whether a metric lies beyond the line in both cycles, by noise learned before each."""
    scores = panel.scores(history, [history.trends[(name, None)]])[0]
    return all((z := scores[c]) is not None and z <= METRIC_LINE for c in cycles)


@pytest.mark.parametrize("name", ["distinct_1", TAIL])
def test_the_closed_form_is_what_simulated_histories_show(name: str):
    """The smallest loss, planted in 200 histories from cycle 16 on, is seen in some 80 of 100 by cycle 17.

    In rather fewer: the rule takes the larger of two estimates of the noise, the closed form knows one.
    """
    learned = lineage()
    found = next(d for d in detectables(learned, Aim()) if d.metric == name)
    assert found.loss is not None
    histories = (chance.draw(learned, seed, 14) for seed in range(200))
    hits = [low(with_loss(h, name, found.loss, 16), name, (16, 17)) for h in histories]
    assert np.mean(hits) == pytest.approx(0.75, abs=0.12)


def test_the_rule_itself_sees_what_is_large_and_not_what_is_small():
    """Twice the smallest loss, and a quarter of it, in 10 histories each."""
    learned, rule = lineage(), RULES.get("early_warning")
    found = next(d for d in detectables(learned, Aim()) if d.metric == "distinct_1")
    assert found.loss is not None
    shares = []
    for times in (2.0, 0.25):
        histories = [chance.draw(learned, seed, 14) for seed in range(10)]
        said = [rule.evaluate(with_loss(h, "distinct_1", times * found.loss, 16), {})[17] for h in histories]
        shares.append(np.mean([j.status in ALARMS for j in said]))
    assert shares[0] >= 0.8
    assert shares[1] <= 0.2


# The planner


def test_so_many_prompts_as_it_says_show_the_loss_that_is_aimed_at():
    """With them the smallest loss is the one aimed at, but for rounding."""
    learned, aim = lineage(), Aim(loss=0.03)
    checked = 0
    for d in detectables(learned, aim):
        metric = METRICS.get(d.metric)
        if d.needed is None or d.needed == metric.votes_from:
            continue
        at = next(i for i, p in enumerate(learned.places) if p.metric.name == d.metric)
        now = planning.spread(learned, at)
        seen = planning.seen_with(metric, d.baseline, now, d.needed / d.n, aim)
        assert seen is not None
        assert planning.loss_between(metric, d.baseline, seen) == pytest.approx(0.03, rel=0.06)
        checked += 1
    assert checked >= 3


def test_prompts_do_not_help_where_retrains_differ_too_much():
    """Retraining of .1 on the log scale is 10 %: no loss of 10 % can be told from it."""
    noisy = [d for d in detectables(lineage(noise=0.1), Aim()) if d.metric == "distinct_1"]
    assert (noisy[0].needed, noisy[0].hidden) == (None, "retraining")
    assert noisy[0].retraining == pytest.approx(1 - math.exp(-0.1), abs=0.001)
    said = message(noisy, Aim(), 20)
    assert said.startswith("No number of prompts would show a 10% loss where retrains alone differ too much")
    assert "distinct-1 (by 10%). Use replicate seeds" in said
    lasting = message(noisy, Aim(), 20, {"distinct_1"})
    assert "distinct-1 (by 10%, and most of that is carried on to the next). Use replicate seeds" in lasting
    silent = message([replace(d, votes=False) for d in noisy], Aim(), 20)
    assert silent.startswith("With so few nothing votes, so that no alert can come: 200 outputs are needed")
    given = message(noisy, Aim(), 20, seeded=True)
    assert "distinct-1 (by 10%). More replicate seeds of each cycle would help." in given


def test_seeds_that_are_given_are_not_advised():
    """Retrains of .5 on the log scale hide every loss; three of each cycle are there already."""
    past = replicating.history({}, seeds=[3] * 12, apart=0.5)
    with_seeds, without = (
        pipeline.planned(h, [], Aim())["message"] for h in (past, replicating.unseeded(past))
    )
    assert "More replicate seeds of each cycle would help." in with_seeds
    assert "Use replicate seeds" in without


def test_what_is_planned_rests_on_what_cycles_have_not_on_the_baseline():
    """Human texts are five times as many, and so may the first cycles have been."""
    past = planted.history({}, count=12)
    large = {
        key: replace(t, baselines=tuple(tuple(replace(v, n=5 * v.n) for v in b) for b in t.baselines))
        for key, t in past.trends.items()
    }
    found, usual = (moving.learn(h).places for h in (replace(past, trends=large), past))
    assert [p.like.n for p in found] == [p.like.n for p in usual]
    assert all(p.like.n == past.trends[p.metric.name, None].values[-1].n for p in found)


def test_a_step_of_the_count_may_hide_it():
    """Of ten classes one makes a step of .1: a tenth of the coverage is one class, and one is chance."""
    learned = lineage()
    coarse = tuple(
        replace(p, like=replace(p.like, step=0.1)) if p.metric.name == "class_coverage" else p
        for p in learned.places
    )
    found = [d for d in detectables(replace(learned, places=coarse), Aim()) if d.metric == "class_coverage"]
    assert (found[0].needed, found[0].hidden) == (None, "step")
    assert (
        message(found, Aim(), 20) == "One step of its count is too large to show a 10% loss: class coverage."
    )


def test_fewer_than_may_vote_are_never_enough():
    """Distinct-2 at 400 outputs shows a loss of a half with hardly any; it votes from 200."""
    found = {d.metric: d.needed for d in detectables(lineage(), Aim(loss=0.5))}
    assert (found["distinct_2"], found[TAIL]) == (200, 50)


def test_what_is_there_may_be_enough():
    found = plan(lineage(), Aim(loss=0.5))
    assert found["message"].startswith("What is there is enough to see a 50% loss of every voter")
    assert (found["outputs"], found["tail_prompts"]) == (200, 50)


def thin(n: float) -> Moving:
    """400 outputs, of which so many are tail prompts."""
    learned = lineage()
    return replace(
        learned,
        places=tuple(
            replace(p, like=replace(p.like, n=n)) if p.metric.name == TAIL else p for p in learned.places
        ),
    )


@pytest.mark.parametrize(("n", "is_thin"), [(60.0, True), (150.0, False)])
def test_a_thin_tail_is_said_and_what_half_of_the_prompts_there_would_do(n: float, is_thin: bool):
    """Half of 400 are 200 tail prompts."""
    aim, learned = Aim(loss=0.01), thin(n)
    said = thin_tail(learned, detectables(learned, aim), aim)
    assert bool(said) == is_thin
    assert (
        not said or "tail recall rests on 60 of 400 outputs. With half of them on tail classes a loss" in said
    )


def test_a_set_that_sees_enough_is_not_thin():
    learned = thin(60.0)
    assert thin_tail(learned, detectables(learned, Aim(loss=0.5)), Aim(loss=0.5)) == ""


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"loss": 0.0}, "between 0 and 1"),
        ({"loss": math.nan}, "between 0 and 1"),
        ({"within": 1}, "2 low cycles running"),
        ({"power": 1.0}, "from 0.5 to 0.99"),
    ],
)
def test_an_aim_that_cannot_be_is_one_sentence(facts: dict[str, float], said: str):
    with pytest.raises(TailwatchError, match=said):
        Aim(**facts)


# While learning


@pytest.mark.parametrize("position", [0, 2, 3, 4])
def test_what_was_said_at_the_time_is_said_again(position: int):
    past = planted.history({}, seed=1)
    at_the_time = past.until(position + 1)
    assert missing(past, position) == missing(at_the_time, position)


def test_learning_counts_cycles_and_says_what_would_be_seen():
    """With one cycle nothing is known of retraining; with three it is."""
    past = planted.history({}, seed=1)
    first, third, after = (missing(past, position) for position in (0, 2, 4))
    assert first.startswith(
        "Learning what normal looks like: 1 of 4 baseline cycles. With 400 tail prompts a"
    )
    assert "were sampling its only noise" in first
    assert third.startswith("Learning what normal looks like: 3 of 4 baseline cycles.")
    assert "would be seen (80% power in a lineage of 20 cycles); 1,000 would show" in third
    assert after.startswith("Learning: the baseline stands; a verdict needs two cycles after it.")


def test_learning_anew_says_why():
    """The evaluation changes at 12, after a verdict or none: whoever reads the last message alone is told."""
    past = planted.split(planted.history({}, seed=1), at=12)
    note = past.standings[12].note
    assert note
    told = f"It began anew at cycle 12, which cannot be compared with those before: {note}."
    assert all(told in missing(past, position) for position in range(13, 17))
    assert not any("anew" in missing(past, position) for position in range(5))


def test_the_change_that_is_said_is_the_one_that_would_be_seen():
    """Cycle 3 of 4: from the level of the baseline so far, by what the four cycles say, as `plan` has it."""
    past = planted.history({}, seed=1)
    voters = {key: t for key, t in past.trends.items() if t.metric.votes}
    learned = moving.learn(replace(past, trends=voters).until(4))
    at = next(i for i, p in enumerate(learned.places) if p.metric.name == TAIL)
    found = next(d for d in planning.detectables(learned, planning.Aim()) if d.metric == TAIL)
    seen = planning.fallen(METRICS.get(TAIL), found.baseline, needed(planning.spread(learned, at), 2, 0.8))
    said = f"a fall of tail recall from {found.baseline:.2g} to {seen:.2g} would be seen"
    assert seen == found.seen
    assert said in missing(past, 3)


def test_too_few_outputs_and_too_few_tail_prompts_are_said():
    few = missing(planted.history({}, seed=1, n=40), 1)
    assert "no alert can come: 200 outputs are needed, or 50 tail prompts; 40 are there. With 50 tail" in few
    # What 40 would see is nothing, as 40 do not vote.
    assert "With 50 tail prompts, the least that vote, a fall of" in few
    past = planted.history({}, seed=1)
    key = (TAIL, None)
    small = tuple(replace(v, n=38.0) for v in past.trends[key].values)
    past = replace(past, trends={**past.trends, key: replace(past.trends[key], values=small)})
    assert "Tail recall does not vote: it has 38 tail prompts, and 50 are needed." in missing(past, 1)


def test_where_the_outputs_are_gone_more_of_them_are_not_what_is_missing():
    """All voters were measured in the baseline and cannot be at cycle 4."""
    past = planted.history({}, seed=1, n=40)
    gone = {
        key: replace(
            t, values=(*t.values[:4], replace(t.values[4], status="undefined", value=None), *t.values[5:])
        )
        for key, t in past.trends.items()
    }
    assert "no alert can come" not in missing(replace(past, trends=gone), 4)


def test_values_without_any_error_say_nothing_of_what_would_be_seen():
    past = planted.history({}, seed=1)
    bare = {
        key: replace(t, values=tuple(replace(v, replicates=()) for v in t.values))
        for key, t in past.trends.items()
    }
    assert (
        missing(replace(past, trends=bare), 0) == "Learning what normal looks like: 1 of 4 baseline cycles."
    )


# Where no metric votes


def alone(*names: str, **facts: object) -> History:
    """Some metrics only, mean score low from cycle 9 on; each value with these facts."""
    keys: list[planted.Key] = [(name, None) for name in names]
    past = planted.of(
        {key: [0.0] * 9 + [20.0] * 11 if key[0] == "mean_score" else [0.0] * 20 for key in keys}
    )
    values = {k: tuple(replace(v, **facts) for v in t.values) for k, t in past.trends.items()}
    return replace(past, trends={k: replace(t, values=values[k]) for k, t in past.trends.items()})


@pytest.mark.parametrize(
    ("past", "lacks"),
    [
        (alone("mean_score"), "No metric that votes can be measured"),
        (alone("mean_score", TAIL, n=None), "values need a column n"),
        (alone("mean_score", TAIL, n=40.0), "50 tail prompts; 40 are there"),
    ],
)
def test_quality_is_said_where_no_alert_can_come_and_what_is_missing(past: History, lacks: str):
    """Two cycles after the baseline it is no longer cycles that are missing."""
    said = RULES.get("early_warning").evaluate(past, {})
    assert {j.status for j in said} == {"learning"}
    assert [j.quality for j in said] == ["unknown"] * 5 + ["steady"] * 5 + ["dropped"] * 10
    assert [j.quality_since for j in said[9:11]] == [None, 9]
    assert all(lacks in j.message for j in said[4:])
    assert "two cycles after it" in said[4].message
    assert not any("cycles after it" in j.message for j in said[5:])
    assert "Mean score is within its normal range." in said[5].message
    assert " since cycle 9." in said[12].message
