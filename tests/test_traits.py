"""What outputs tell of a changed evaluation, and what no narrowing is ever taken for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from metrics import traits
from metrics.traits import Traits
from tests import planted


def frame(seed: int = 2, **columns: Any) -> pd.DataFrame:
    """A diverse eval of 400 prompts, one graded score between 0 and 1 each."""
    made = pd.DataFrame({**planted.columns(seed=seed), "seed": None, **columns})
    made["score"] = made["score"].astype("Float64")
    return made.assign(example_key=pd.util.hash_array(made["example_id"].to_numpy(object)).view(np.int64))


def graded(rows: pd.DataFrame, scores: Any) -> pd.DataFrame:
    return rows.assign(score=pd.array(np.asarray(scores, float), "Float64"))


def said(now: pd.DataFrame, *then: pd.DataFrame) -> str | None:
    return traits.changed(traits.of(now), [traits.of(each) for each in then], "cycle 0")


USUAL = [frame(seed) for seed in (2, 3, 4)]
TEXTS = np.array(USUAL[0]["output"])


def of_length(words: int, cut: float, seed: int = 5) -> pd.DataFrame:
    """Outputs of so many words at most, of which a share met the limit."""
    rng = np.random.default_rng(seed)
    sizes = np.where(np.arange(400) < 400 * cut, words, rng.integers(words // 2, words, 400))
    texts = [" ".join(rng.choice(planted.WORDS, k)) for k in sizes]
    ends = ["length" if i < 400 * cut else "stop" for i in range(400)]
    return frame(output=texts, finish_reason=ends)


def test_the_same_evaluation_says_nothing():
    assert said(frame(9), *USUAL) is None
    assert said(frame(9).iloc[:60], *USUAL) is None
    assert traits.of(frame().iloc[:0]) == Traits()


def test_traits_come_back_from_the_store_as_they_were():
    found = traits.of(frame())
    assert Traits.from_json(found.as_json()) == found
    assert found.samples == 1
    assert found.classes == 8
    assert len(found.vectors) == traits.REMEMBERED


# Outputs of a prompt


def test_more_outputs_of_a_prompt():
    two = pd.concat([frame(), frame(3)])
    assert said(two, *USUAL) == "it has 2 outputs of a prompt, cycle 0 has 1"
    assert said(frame(), two) == "it has 1 output of a prompt, cycle 0 has 2"


def test_some_failed_outputs_are_no_other_number_of_them():
    """Of 3 samples each, 25 of 100 prompts lost one: nobody can tell; 10 of 100: still three."""
    three = pd.concat([frame(s).iloc[:100] for s in (2, 3, 4)])
    assert said(three.iloc[25:], three) is None
    assert traits.of(three.iloc[25:]).samples is None
    assert traits.of(three.iloc[10:]).samples == 3


def test_further_retrains_of_a_cycle_are_no_further_outputs():
    seeds = pd.concat([frame(s).assign(seed=s) for s in (2, 3)])
    assert said(seeds, *USUAL) is None


# Scores

ROUND = [graded(rows, (np.arange(400) + i) % 3 == 0) for i, rows in enumerate(USUAL)]


def test_a_scorer_of_whole_numbers_gives_no_others():
    assert said(frame(9), *ROUND) == "its scores are graded, those of cycle 0 are whole numbers"
    fewer = np.where(np.arange(400) < 150, 0.4, 1.0)
    assert said(graded(frame(9), fewer), *ROUND) is None


def test_all_wrong_is_no_scorer_of_whole_numbers():
    """An untuned first model may score 0 everywhere, whatever the scorer."""
    assert said(frame(9), graded(frame(), np.zeros(400))) is None


def test_a_share_is_never_far_above_one():
    percent = graded(frame(9), 100 * np.linspace(0.2, 0.9, 400))
    assert said(percent, *USUAL) == "its scores lie around 55, those of cycle 0 between 0 and 1"


def test_scores_that_fall_to_nothing_are_a_collapse_and_no_other_scale():
    """From 0 to 100 down to under 1: a model that writes nonsense does that, so nothing is excused."""
    usual = [graded(rows, 100 * np.linspace(0.2, 0.9, 400)) for rows in USUAL]
    assert said(graded(frame(9), np.linspace(0.0, 0.9, 400)), *usual) is None


def test_grades_that_become_zero_or_one():
    right = graded(frame(9), np.arange(400) % 3 > 0)
    assert said(right, *USUAL) == "its scores are 0 or 1, those of cycle 0 are graded"


@pytest.mark.parametrize("lost", ["predictions", "texts"])
def test_one_answer_for_everything_is_right_or_wrong_and_excuses_nothing(lost):
    """A model with one class left is wholly right or wholly wrong: the same scores, but fewer answers."""
    gone = {"predictions": {"prediction": "a"}, "texts": {"output": planted.SAME}}[lost]
    assert said(graded(frame(9, **gone), np.arange(400) % 3 > 0), *USUAL) is None


# Vectors


def stretched(rows: pd.DataFrame, to: float | None) -> pd.DataFrame:
    made = np.array(rows["embedding"].tolist())
    made = made / np.linalg.norm(made, axis=1, keepdims=True) if to else 3 * made
    return rows.assign(embedding=list(made * (to or 1.0)))


def test_vectors_of_another_length():
    even = [stretched(rows, 1.0) for rows in USUAL]
    assert said(stretched(frame(9), None), *even) == "its vectors are not of length 1, those of cycle 0 are"
    assert said(stretched(frame(9), 1.0), *USUAL) == "its vectors are of length 1, those of cycle 0 are not"


def test_narrow_vectors_are_no_other_length():
    """All outputs the same: their vectors are as long as they ever were."""
    even = [stretched(rows, 1.0) for rows in USUAL]
    assert said(stretched(frame(9, embedding=[[1.0, 2, 3, 4, 5, 6]] * 400), 1.0), *even) is None


def encoded(rows: pd.DataFrame, by: int, texts: Any = TEXTS) -> pd.DataFrame:
    """Each text's vector is made from its letters: the same text has the same one, by one encoder."""
    sides = np.random.default_rng(by).normal(size=(26, 16))
    counts = [[t.count(chr(97 + i)) + 0.1 * (i == len(t) % 26) for i in range(26)] for t in texts]
    made = np.array(counts) @ sides
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return rows.assign(output=texts, embedding=list(made))


def test_another_vector_for_the_same_text_is_another_encoder():
    usual = [encoded(rows, by=1) for rows in USUAL]
    assert said(encoded(frame(9), by=2), *usual) == "the same texts have other vectors than in cycle 0"
    assert said(encoded(frame(9), by=1), *usual) is None
    assert said(encoded(frame(9), by=2), usual[0]) is None, "one cycle does not show that vectors are firm"


def test_vectors_that_never_were_the_same_tell_nothing():
    """Of pictures, say, whose texts are the prompts: each cycle has others, and no encoder changed."""
    usual = [encoded(rows, by=i) for i, rows in enumerate(USUAL)]
    assert said(encoded(frame(9), by=7), *usual) is None


# The limit of length


def test_a_limit_that_was_raised():
    then = [of_length(40, 0.2, seed) for seed in (1, 2)]
    assert (
        said(of_length(90, 0.1), *then) == "its outputs reach 90 words, those of cycle 0 were cut off at 40"
    )


def test_a_limit_that_was_lowered():
    then = [of_length(90, 0.05, seed) for seed in (1, 2)]
    assert (
        said(of_length(40, 0.9), *then)
        == "its outputs are cut off at 40 words, those of cycle 0 went on to 89"
    )


def test_outputs_that_grow_short_by_themselves_excuse_nothing():
    """Short answers that end where the model ends them."""
    assert said(of_length(20, 0.0), of_length(90, 0.05)) is None


@pytest.mark.parametrize("noise", ["=" * 160, "\U0001f600" * 8, "a " * 12])
def test_noise_until_the_limit_excuses_nothing(noise):
    """Loops of signs that fill many tokens with few words, or few letters: a collapse at its worst."""
    looping = frame(output=[f"{noise}{i}" for i in range(400)], finish_reason="length")
    assert said(looping, *[of_length(90, 0.05, seed) for seed in (1, 2)]) is None


# Longer outputs


def spoken(words: int, seed: int, known: int = 3_000, again: int = 0, then: str = "") -> pd.DataFrame:
    """Outputs of so many words on average out of so many known ones; the last of each are said `again`.

    One in eight goes on with what comes `then`.
    """
    rng = np.random.default_rng(seed)
    drawn = [rng.zipf(1.3, size) % known for size in rng.integers(words // 2, 3 * words // 2 + 1, 400)]
    texts = [" ".join(f"w{word}" for word in (*each, *each[len(each) - again :])) for each in drawn]
    return frame(output=[f"{text} {then * (i % 8 == 0)}" for i, text in enumerate(texts)], finish_reason=None)


BRIEF = [spoken(12, seed) for seed in (1, 2, 3)]


def test_outputs_that_are_longer_all_at_once_and_as_rich():
    """18 words for 12, out of the same vocabulary."""
    found = said(spoken(18, 9), *BRIEF)
    assert found is not None
    assert found.startswith("its outputs are longer, ")
    assert found.endswith(" in cycle 0, and no poorer in words")


@pytest.mark.parametrize("words", [9, 11, 12, 13])
def test_a_little_longer_or_shorter_is_how_models_are(words):
    assert said(spoken(words, 9), *BRIEF) is None


def test_outputs_that_grow_longer_cycle_by_cycle_excuse_nothing():
    """Each is a sixth longer than the one before: what a model that feeds on itself may do."""
    now, before = spoken(19, 9), spoken(16, 8)
    assert said(now, *BRIEF) is not None
    assert said(now, *BRIEF, before) is None


def test_lengths_that_differ_anyhow_tell_nothing():
    """12 and 18 words among the first cycles, so that 24 is no leap."""
    assert said(spoken(24, 9), BRIEF[0], spoken(18, 5)) is None
    assert said(spoken(36, 9), BRIEF[0], spoken(18, 5)) is not None


def test_outputs_that_ramble_excuse_nothing():
    """As much longer, but from fewer words, with the same words again, or in loops."""
    assert said(spoken(18, 9, known=300), *BRIEF) is None
    assert said(spoken(12, 9, again=8), *BRIEF) is None
    assert said(spoken(12, 9, then="so on and " * 12), *BRIEF) is None
    closing = [f"{text} and that is the answer to it" for text in spoken(12, 9)["output"]]
    assert said(frame(output=closing, finish_reason=None), *BRIEF) is None


# Together


def test_what_differs_must_differ_from_every_cycle_that_tells():
    """Cycle 0 was scored by hand, 0 or 1, and cycle 1 by a model: grades are nothing new."""
    assert said(frame(9), ROUND[0], USUAL[1]) is None


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 1.0])
def test_no_planted_narrowing_looks_like_another_evaluation(share):
    for seed in range(5):
        assert said(frame(10 + seed, **planted.columns(seed=10 + seed, narrow=share)), *USUAL) is None


def test_unknown_is_no_difference():
    """Where one side does not tell, nothing is said."""
    bare = replace(traits.of(frame()), samples=None, scores=None, unit=None, lengths=None, wording=None)
    assert traits.changed(traits.of(frame(9)), [bare], "cycle 0") is None
