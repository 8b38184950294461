"""What is said of a baseline that is not to be trusted, and how seldom of one that is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metrics import judging
from metrics.core import RULES, History, Judgement, MetricValue
from metrics.doubts import Doubts, slope
from metrics.store import Verdict
from tests import planted

VOTERS = [m.name for m in planted.voters()]


def said(past: History) -> list[list[str]]:
    """The doubts after each cycle."""
    doubts = Doubts(past)
    return [doubts.after(i) for i in range(len(past.standings))]


def falling(per_cycle: float, names: list[str] = VOTERS, seed: int = 2) -> History:
    """Voters that fall cycle by cycle within the baseline, and stay there."""
    moves = {name: [per_cycle * min(c, 3) for c in range(20)] for name in names}
    return planted.history(moves, seed=seed)


def cold(by: float, names: list[str] = VOTERS) -> History:
    """The first cycle lies apart, by so many deviations, from all that follow."""
    return planted.history({name: [by, *[0.0] * 19] for name in names}, seed=1)


def test_the_slope_is_that_of_least_squares():
    cycles, values = [2, 3, 5, 9], np.array([4.0, 1.0, 3.0, 8.0])
    assert slope(cycles) @ values == pytest.approx(np.polyfit(cycles, values, 1)[0])


def test_a_baseline_that_falls_is_named_with_its_metric():
    """12 deviations a cycle, on the log scale .17: 42 % of .5 is lost over the four cycles."""
    found = said(falling(12.0, ["distinct_2"]))
    assert found[3] == []
    words = found[6][0]
    assert words.startswith("The baseline itself moves for the worse: Distinct-2 went from 0.5")
    assert words.endswith("over cycles 0 to 3.")
    assert all(each == [words] for each in found[6:])


def test_a_rise_is_no_fall():
    assert not any(said(falling(-12.0)))


@pytest.mark.parametrize("by", [30.0, -30.0], ids=["lower", "higher"])
def test_a_first_cycle_apart_is_named_whichever_side_it_lies_on(by):
    """An untuned first model is no baseline: it makes the later ones look better, or worse, than they are."""
    words = said(cold(by, ["distinct_1"]))[6][0]
    assert words.startswith("Cycle 0 lies apart from the rest of the baseline: Distinct-1 0.")
    assert " beside 0.5" in words or " beside 0.49" in words


def test_where_the_others_fall_too_the_first_is_not_to_blame():
    assert "moves for the worse" in said(falling(20.0))[6][0]


def test_a_chosen_baseline_is_looked_at_like_the_first_one():
    """The fall of cycles 0 to 2 does not concern a baseline of cycles 4 to 7."""
    past = falling(12.0)
    base = (4, 5, 6, 7)
    places = tuple(replace(s, baseline=base) for s in past.standings)
    trends = {
        key: replace(t, baselines=(tuple(v for v in t.values[4:8] if v),) * 20)
        for key, t in past.trends.items()
    }
    assert not any(said(History("chosen", places, trends)))


def test_a_healthy_baseline_is_hardly_ever_doubted():
    """Of 40 flat series. `tests.benchmarks.doubts` counts really retrained ones."""
    doubted = [any(said(planted.history({}, seed=seed))) for seed in range(40)]
    assert np.mean(doubted) <= 0.05


def test_no_doubt_looks_ahead():
    past = falling(3.0)
    whole = said(past)
    assert any(whole)
    for count in (6, 9, 15):
        assert said(past.until(count)) == whole[:count]


def test_values_without_replicates_are_doubted_by_the_noise_of_retraining():
    past = falling(12.0)
    bare = {
        key: replace(
            t,
            values=tuple(v and replace(v, replicates=()) for v in t.values),
            baselines=tuple(tuple(replace(v, replicates=()) for v in base) for base in t.baselines),
        )
        for key, t in past.trends.items()
    }
    assert any(said(replace(past, trends=bare)))


def test_a_baseline_more_than_thirty_cycles_back_is_old():
    found = said(planted.history({}, seed=1, count=40))
    assert found[33] == []
    assert found[34] == ["The baseline lies 31 cycles back."]


def test_few_of_the_baselines_prompts():
    past = planted.history({}, seed=1)
    places = (*past.standings[:-1], replace(past.standings[-1], shared=0.6))
    assert said(replace(past, standings=places))[-1] == ["It is compared on 60% of the baseline's prompts."]


def long(lengths: list[float]) -> History:
    """Healthy voters, and outputs of these median lengths."""
    past = planted.history({}, seed=1, count=len(lengths))
    values = [MetricValue(c, "length_p50", 2, None, "ok", x) for c, x in enumerate(lengths)]
    whole = {key: t.values for key, t in past.trends.items()} | {("length_p50", None): values}
    return planted.made(whole, past.standings)


def test_outputs_that_are_much_longer_than_in_the_baseline():
    """6 to 8 words in the baseline: 9.9 are no quarter more than the longest, 10 are."""
    found = said(long([6.0, 8.0, 6.0, 6.0, 6.0, 9.9, 10.0, 6.0]))
    longer = "The median output has 10 words, up from 6 in the baseline"
    assert [len(each) for each in found] == [0, 0, 0, 0, 0, 0, 1, 0]
    assert found[6][0].startswith(longer)


# A baseline learned after a change of the evaluation


def messages(past: History) -> list[str]:
    """What is said after each cycle, from the rule's words to the verdict's."""
    spoken = [("early_warning", RULES.get("early_warning").evaluate(past, {}))]
    return [v.message for v in judging.conclude(past, spoken)]


def test_a_baseline_learned_from_a_narrowing_model_says_so_for_ever():
    """All fall at 8, the evaluation changes at 12: a message that all is well goes on to say so."""
    words = messages(planted.split(planted.collapsing(onset=8), at=12))
    told = "The new baseline is learned from a model that was narrowing since cycle 8."
    assert not any(told in each for each in words[:12])
    assert all(each.endswith(told) for each in words[12:])


def test_a_baseline_learned_from_a_healthy_model_does_not():
    words = messages(planted.split(planted.history({}, seed=1), at=12))
    assert not any("learned from" in each for each in words)


def test_it_is_passed_on_from_change_to_change():
    """The evaluation changes at 12 and again at 14, before anything could be judged."""
    once = planted.split(planted.collapsing(onset=8), at=12)
    twice = History("twice", (*once.standings[:14], *planted.split(once, at=14).standings[14:]), once.trends)
    found = [Judgement(s.cycle, (), "learning") for s in twice.standings]
    found[11] = replace(found[11], status="collapse", since=8)
    words = [v.message for v in judging.conclude(twice, [("rule", found)])]
    assert [c for c, each in enumerate(words) if "narrowing since cycle 8" in each] == list(range(12, 20))


def test_a_person_who_accepts_a_baseline_is_not_told_again():
    """An accepted baseline begins without a change of the evaluation."""
    past = planted.split(planted.collapsing(onset=8), at=12)
    places = tuple(replace(s, note=None) for s in past.standings)
    before = Verdict(11, "collapse", "steady", 8, None, "")
    doubts = Doubts(replace(past, standings=places))
    assert [doubts.after(i, before) for i in range(12, 20)] == [[]] * 8
