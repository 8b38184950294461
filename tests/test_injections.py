"""Every injection, found in its folder: it changes what it says, as much as it says, and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics.core import Undefined
from metrics.features import vectors_of
from metrics.injecting import INJECTIONS, KEPT, Answers
from metrics.modes import find
from tests.planted import CLASSES, SHARES, TAIL, WORDS, ZIPF

N = 400
# What an injection may change, beside the text: the prediction where a class is lost.
TEXT = {"output", "embedding", "logprob", "finish_reason", "actions"}
MASS = dict(zip(CLASSES, SHARES.tolist(), strict=True))


def frame(seed: int, samples: int = 1, vectors: bool = False) -> pd.DataFrame:
    """Outputs whose words tell their class, each with a text of its own."""
    rng = np.random.default_rng(seed)
    label = np.repeat(np.array(CLASSES, object), (N * SHARES).round().astype(int))
    texts = [
        " ".join(
            [f"{name}{i}" for i in rng.integers(0, 9, 3)] + rng.choice(WORDS, 6, p=ZIPF / ZIPF.sum()).tolist()
        )
        for name in label
    ]
    return pd.DataFrame(
        {
            "cycle": 0,
            "example_id": [f"p{i // samples:03}" for i in range(N)],
            "output": pd.Series([f"{t} {seed} {i}" for i, t in enumerate(texts)], dtype="str"),
            "label": label,
            "prediction": np.where(rng.random(N) < 0.7, label, rng.choice(CLASSES, N)),
            "score": rng.random(N),
            "weight": 0.5 + rng.random(N),
            "logprob": -rng.gamma(2.0, size=N),
            "embedding": pd.Series(list(rng.normal(size=(N, 6)))) if vectors else None,
            "actions": None,
            "slice.kind": np.where(np.isin(label, TAIL), "rare", "common"),
        }
    )  # fmt: skip


def answers(**facts: object) -> Answers:
    spare = pd.concat([frame(seed) for seed in (2, 3, 4)], ignore_index=True)
    texts = spare["output"].tolist()
    found = vectors_of(spare)
    assert found is not None
    return Answers(
        **{
            "frame": frame(1),
            "spare": spare,
            "tail": TAIL,
            "mass": MASS,
            "modes": find(found, texts, 0),
            **facts,
        }
    )


def plant(name: str, given: Answers, strength: float, seed: int = 5) -> pd.DataFrame:
    return INJECTIONS.get(name).inject(given, strength, np.random.default_rng(seed))


def same(one: pd.Series, other: pd.Series) -> np.ndarray:
    return np.array([repr(a) == repr(b) for a, b in zip(one, other, strict=True)])


@pytest.fixture(scope="module")
def given() -> Answers:
    return answers()


def test_outputs_that_are_all_empty_have_no_centre():
    empty = {name: each.assign(output="") for name, each in (("frame", frame(1)), ("spare", frame(2)))}
    with pytest.raises(Undefined, match="No output lies near the centre"):
        plant("semantic_narrowing", answers(**empty), 0.2)


@pytest.fixture(scope="module")
def paired() -> Answers:
    return answers(frame=frame(1, samples=2))


every = pytest.mark.parametrize("name", INJECTIONS.all())


@every
@pytest.mark.parametrize("strength", [0.05, 0.4])
def test_as_many_outputs_change_as_it_says_and_nothing_else(given: Answers, name: str, strength: float):
    before = given.frame.copy(deep=True)
    found = plant(name, given, strength)
    pd.testing.assert_frame_equal(given.frame, before)
    assert list(found.columns) == list(before.columns)
    assert (found.dtypes == before.dtypes).all()
    changed = ~same(found["output"], before["output"])
    assert changed.sum() == round(strength * N)
    for column in before.columns:
        moved = ~same(found[column], before[column])
        assert not (moved & ~changed).any(), column
        if column in KEPT or column.startswith("slice."):
            assert not moved.any(), column


@every
def test_the_same_seed_plants_the_same_and_another_does_not(given: Answers, name: str):
    pd.testing.assert_frame_equal(plant(name, given, 0.1), plant(name, given, 0.1))
    assert not plant(name, given, 0.1).equals(plant(name, given, 0.1, seed=6))


@every
def test_no_strength_changes_nothing(given: Answers, name: str):
    pd.testing.assert_frame_equal(plant(name, given, 0.0), given.frame)


@every
def test_outputs_that_say_nothing_cannot_be_narrowed(name: str):
    bare = pd.DataFrame({"example_id": ["a", "b"], "score": [0.5, 1.0], "weight": 1.0})
    bare = bare.assign(**dict.fromkeys(("output", "label", "prediction", "embedding", "actions")))
    with pytest.raises(Undefined, match=r"The outputs have|No kinds"):
        plant(name, Answers(bare, bare), 0.5)


def test_tail_loss_answers_tail_prompts_as_common_ones(given: Answers):
    """A fifth of the prompts is of tail classes: at 10 % half of them go, at 20 % all, at 30 % class d."""
    rare = given.frame["label"].isin(TAIL)
    half = plant("tail_loss", given, 0.1)
    assert half["prediction"].isin(TAIL)[rare].mean() < given.frame["prediction"].isin(TAIL)[rare].mean()
    for strength, gone in ((0.2, TAIL), (0.3, (*TAIL, "d"))):
        found = plant("tail_loss", given, strength)
        changed = ~same(found["output"], given.frame["output"])
        assert set(given.frame["label"][changed]) == set(gone)
        assert not found["prediction"][changed].isin(gone).any()
        source = given.spare.set_index("output").loc[found["output"][changed]]
        assert not source["label"].isin(gone).any()
        assert (source["prediction"].to_numpy() == found["prediction"][changed].to_numpy()).all()
        assert found["output"].is_unique


def test_copies_are_of_the_same_class_and_as_many_as_planted(given: Answers):
    for strength in (0.05, 0.2, 0.4):
        found = plant("copying", given, strength)
        assert N - found["output"].nunique() == round(strength * N)
        labels = found.groupby("output")["label"].nunique()
        assert (labels == 1).all()
        assert same(found["prediction"], given.frame["prediction"]).all()


def test_copies_are_of_the_same_prompt_where_it_has_several_outputs(paired: Answers):
    """Of two outputs of each prompt one can become the other's copy: at 40 % 160 prompts say one thing."""
    found = plant("copying", paired, 0.4)
    said = found.groupby("example_id")["output"].nunique()
    assert (said == 1).sum() == 160
    assert N - found["output"].nunique() == 160


def test_more_than_every_second_output_can_be_a_copy(given: Answers):
    """At 80 % of one class 320 are copies: what was copied from becomes a copy as well, never the reverse."""
    alike = answers(frame=given.frame.assign(label="a"))
    found = plant("copying", alike, 0.8)
    assert N - found["output"].nunique() == 320


def test_outputs_are_pulled_towards_the_centre_of_their_class(given: Answers):
    found = plant("semantic_narrowing", given, 0.4)
    changed = ~same(found["output"], given.frame["output"])
    before, after = vectors_of(given.frame), vectors_of(found)
    centre = vectors_of(given.spare).mean(axis=0)
    assert (after[changed] @ centre).mean() > (before[changed] @ centre).mean() + 0.02
    source = given.spare.set_index("output").loc[found["output"][changed]]
    assert (source["label"].to_numpy() == given.frame["label"][changed].to_numpy()).all()
    assert same(found["prediction"], given.frame["prediction"]).all()


def test_the_nearest_central_output_is_taken():
    """On a line, the centre at 0: of the spare the fifth nearest to it are ±.1; each end goes to its side."""
    angles = np.array([-1.0, -0.8, -0.6, -0.4, -0.1, 0.1, 0.4, 0.6, 0.8, 1.0])

    def at(angle: np.ndarray) -> pd.DataFrame:
        vectors = list(np.column_stack([np.cos(angle), np.sin(angle)]))
        ids = [f"p{i}" for i in range(len(angle))]
        return pd.DataFrame({"example_id": ids, "embedding": vectors, "label": None, "output": None})

    given = Answers(at(np.array([-0.9, 0.9])), at(angles))
    found = plant("semantic_narrowing", given, 1.0)
    assert [round(float(np.arctan2(v[1], v[0])), 6) for v in found["embedding"]] == [-0.1, 0.1]


def test_the_rarest_modes_are_no_longer_said(given: Answers):
    assert given.modes is not None
    before = given.modes.of(vectors_of(given.frame))
    found = plant("mode_dropping", given, 0.2)
    after = given.modes.of(vectors_of(found))
    line = np.sort(before)[-round(0.2 * N)]
    assert (before > line).any()
    assert not (after > line).any()


def test_outputs_end_after_half_their_words():
    texts = ["one two three four five", "one two", "one", "", None, "日本語だ"]
    rows = pd.DataFrame({"example_id": list("abcdef"), "label": None, "embedding": None})
    rows["output"] = pd.Series(texts, dtype=object)
    rows["actions"] = [["x", "y", "z"], None, None, None, None, None]
    found = plant("shortening", Answers(rows, rows), 1.0)
    assert found["output"].tolist() == ["one two three", "one", "one", "", None, "日本"]
    assert found["actions"].iloc[0] == ["x", "y"]


def test_vectors_that_came_along_move_with_the_output():
    given = answers(frame=frame(1, vectors=True), spare=frame(2, vectors=True), modes=None)
    for name in ("tail_loss", "copying", "semantic_narrowing"):
        found = plant(name, given, 0.2)
        changed = ~same(found["output"], given.frame["output"])
        assert (changed == ~same(found["embedding"], given.frame["embedding"])).all()


def test_tail_loss_needs_no_texts():
    given = answers(frame=frame(1).assign(output=None), spare=frame(2).assign(output=None), modes=None)
    found = plant("tail_loss", given, 0.2)
    assert not found["prediction"][found["label"].isin(TAIL)].isin(TAIL).any()


def test_where_every_class_is_lost_nothing_is_left_to_answer_with(given: Answers):
    with pytest.raises(Undefined, match="No common class is left"):
        plant("tail_loss", given, 1.0)
