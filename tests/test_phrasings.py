"""Phrasings: what is frozen with a baseline, tried on planted habits, and how a loss of them is measured."""

import itertools
import json
import statistics
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metrics import phrasings, pipeline
from metrics.catalog.phrasing_survival import TIMES, phrasing_survival
from metrics.core import GROUPS, METRICS, Undefined
from metrics.phrasings import Phrasings, find
from metrics.sample import demo_sample
from metrics.store import Store
from tests.planted import WORDS, ZIPF

SAMPLE_DATA = Path(__file__).parent.parent / "sample_data"
exactly = pytest.approx


def baseline(planted: dict[str, float], cycles: int = 4, n: int = 500, seed: int = 1) -> pd.DataFrame:
    """Words as they fall, by a Zipf law, with phrases put before them in a share of each cycle's outputs."""
    rng = np.random.default_rng(seed)
    parts = []
    for cycle in range(cycles):
        texts = [" ".join(rng.choice(WORDS, 12, p=ZIPF / ZIPF.sum())) for _ in range(n)]
        for phrase, share in planted.items():
            for i in rng.choice(n, round(share * n), replace=False):
                texts[i] = f"{phrase} {texts[i]}"
        ids = [f"p{i}" for i in range(n)]
        parts.append(pd.DataFrame({"cycle": cycle, "example_id": ids, "output": texts}))
    return pd.concat(parts, ignore_index=True)


def names(found: Phrasings | None) -> tuple[str, ...]:
    return found.names if found else ()


# What is frozen


def test_habits_are_found_and_chance_is_not():
    """word0 stands beside itself in a fifth of the outputs, as frequent words do: no phrasing."""
    rows = baseline({"I am not sure": 0.05, "it depends": 0.03, "in short": 0.2})
    assert rows["output"].str.contains("word0 word0").mean() > 0.15
    found = find(rows)
    assert names(found) == ("in short", "i am not sure", "it depends")
    assert found.shares == (0.2, 0.05, 0.03)


def test_words_by_chance_alone_make_none():
    assert find(baseline({})) is None


@pytest.mark.parametrize(("share", "found"), [(7 / 500, ()), (8 / 500, ("it depends",))])
def test_what_is_said_too_rarely_is_left_out(share: float, found: tuple[str, ...]):
    assert names(find(baseline({"it depends": share}))) == found


@pytest.mark.parametrize(("share", "found"), [(0.55, ()), (0.45, ("it depends",))])
def test_the_form_of_every_answer_is_none(share: float, found: tuple[str, ...]):
    assert names(find(baseline({"it depends": share}))) == found


def test_a_part_that_is_said_elsewhere_too_stands_for_itself():
    """'not sure' is said four times as often as 'i am not sure': both. 'am not sure' is not: one of them."""
    found = names(find(baseline({"I am not sure": 0.04, "not sure": 0.12})))
    assert set(found) == {"i am not sure", "not sure"}


def test_a_long_formula_is_named_once():
    """Its four-word windows all stand in the same outputs."""
    assert len(names(find(baseline({"as far as anybody can tell from here": 0.05})))) == 1


def test_what_comes_and_goes_by_itself_is_none():
    rows = baseline({"it depends": 0.05})
    later = rows["cycle"] > 0
    rows.loc[later, "output"] = rows.loc[later, "output"].str.replace("it depends ", "")
    often = baseline({"it depends": 0.2}).query("cycle == 0")
    assert find(pd.concat([often, rows[later]], ignore_index=True)) is None


def test_what_a_few_prompts_ask_for_is_none():
    """Sixteen samples of each prompt: 48 outputs of three prompts say it, or 48 of 48 prompts."""
    rows = baseline({}, cycles=1, n=1600)
    rows["example_id"] = [f"p{i // 16}" for i in range(1600)]
    few, many = rows.copy(), rows.copy()
    few.loc[:47, "output"] = "it depends " + few["output"]
    many.loc[::33, "output"] = "it depends " + many["output"]
    assert (names(find(few)), names(find(many))) == ((), ("it depends",))


def test_more_than_there_is_room_for():
    """100 phrases, each rarer than the one before: 40, half of them of those that can hardly be counted."""
    shares = {f"left{i} right{i}": max(8, 60 - i) / 500 for i in range(100)}
    found = find(baseline(shares, cycles=2))
    outputs = np.array(found.shares) * 500
    assert len(found.names) == phrasings.MOST_PHRASINGS
    assert 20 <= (outputs < 16).sum() <= 24
    assert outputs.max() >= 32


def test_the_order_of_rows_decides_nothing():
    rows = baseline({f"left{i} right{i}": 0.03 for i in range(60)}, cycles=2)
    assert find(rows.sample(frac=1, random_state=0)) == find(rows)


def test_large_baselines_are_looked_at_in_part(monkeypatch):
    """About so many outputs, the same prompts of every cycle, and the phrase about as often as in all."""
    monkeypatch.setattr(phrasings, "MOST_TEXTS", 1000)
    rows = baseline({"it depends": 0.1}, n=2000)
    found = find(rows)
    assert found.names == ("it depends",)
    assert found.shares[0] == exactly(0.1, abs=0.03)
    drawn = phrasings._drawn(rows)
    assert len(drawn) == exactly(1000, abs=4)
    assert drawn.groupby("example_id")["cycle"].count().eq(4).all()


@pytest.mark.parametrize("phrase", ["日本語", "שלום עולם", "नमस्ते दुनिया", "naïve café"])
def test_scripts(phrase: str):
    found = find(baseline({phrase: 0.05}))
    assert [name.replace(" ", "") for name in found.names] == [phrase.replace(" ", "")]


def test_endless_words_are_left_out():
    assert names(find(baseline({"x" * 90 + " y": 0.05, "it depends": 0.05}))) == ("it depends",)


def test_of_traces_the_steps_are_read():
    """Tools by name; what the outputs say is not looked at."""
    rows = baseline({"it depends": 0.1})
    rng = np.random.default_rng(3)
    tools = [list(rng.choice(WORDS, 6)) for _ in range(len(rows))]
    rows["actions"] = [["web search", "say"] * (i % 10 == 0) + own for i, own in enumerate(tools)]
    found = find(rows)
    assert found.words == (("web search", "say"),)
    reading = phrasing_survival(
        demo_sample(output=rows["output"].tolist(), actions=rows["actions"].tolist(), phrasings={"a b": 0.1})
    )
    assert reading.raw == 0.0
    assert Phrasings.from_dict(json.loads(json.dumps(found.as_dict()))) == found


def test_nothing_to_read():
    rows = pd.DataFrame({"cycle": 0, "example_id": ["a", "b"], "output": ["", None]})
    assert find(rows) is None
    assert find(rows.iloc[:0]) is None


# What is measured

TEXTS = ["it depends", "it depends", "so it is", "", "not sure", "it depends not", "no", "not sure it is"]
ALL = {"it depends": 0.9, "not sure": 0.7, "it is so": 0.5}


def survival(texts: list[str]) -> float:
    """By definition: of all ways to draw 3 / share of the outputs, how many hold the phrasing."""
    held = []
    for phrase, share in ALL.items():
        drawn = itertools.combinations(texts, min(int(np.ceil(TIMES / share)), len(texts)))
        held.append(statistics.mean(any(phrase in text for text in some) for some in drawn))
    return statistics.mean(held)


def test_survival_is_the_mean_over_all_draws():
    """Draws of 4, 5 and 6 of 8 outputs; 'it is so' is never said. Left out: all outputs of a prompt."""
    ids = [f"p{i}" for i in range(8)]
    sample = demo_sample(output=TEXTS, example_id=ids, phrasings=ALL)
    reading = phrasing_survival(sample)
    assert reading.value == exactly(survival(TEXTS))
    assert reading.raw == exactly(2 / 3)
    for g in range(GROUPS):
        rest = [t for t, group in zip(TEXTS, sample.group, strict=True) if group != g]
        assert reading.views[1 + g] == exactly(survival(rest))
        assert reading.parts["phrasing:it depends"].views[1 + g] == exactly(
            statistics.mean("it depends" in t for t in rest)
        )


def test_a_rise_makes_up_for_no_loss():
    """One phrasing doubled, the other gone."""
    once = ["it depends"] * 20 + ["not sure"] * 20 + ["yes it is"] * 60
    then = ["it depends"] * 40 + ["yes it is"] * 60
    both = {"it depends": 0.2, "not sure": 0.2}
    before, after = (phrasing_survival(demo_sample(output=t, phrasings=both)).value for t in (once, then))
    assert before > 0.95
    assert after == exactly(0.5, abs=0.01)


def test_outputs_without_two_words_say_nothing():
    with pytest.raises(Undefined):
        phrasing_survival(demo_sample(output=["no", ""], phrasings=ALL))


def test_a_model_that_learns_from_itself_loses_its_phrasings():
    """The shipped lineages: 'replace' sees its own output only from cycle 5 on, 'healthy' never."""
    last = {}
    for lineage in ("healthy", "replace"):
        frame = pd.read_parquet(SAMPLE_DATA / f"{lineage}.parquet")
        frozen = find(frame[frame["cycle"] < 4])
        shares = dict(zip(frozen.names, frozen.shares, strict=True))
        now = frame[frame["cycle"] == 18]
        reading = phrasing_survival(demo_sample(output=now["output"].tolist(), phrasings=shares))
        source = reading.parts["phrasing:rust source code"].value / shares["rust source code"]
        last[lineage] = reading.value, source
    assert last["healthy"][0] > 0.9
    assert last["healthy"][1] > 0.8
    assert last["replace"][0] < 0.75
    assert last["replace"][1] < 0.2


# In a store


def shares(store: Store) -> dict[str, list[float]]:
    rows = store.values("L", "phrasing_survival").dropna(subset="slice")
    return {str(name): part["value"].tolist() for name, part in rows.groupby("slice")}


def test_what_an_older_version_froze_is_frozen_anew(tmp_path: Path, monkeypatch):
    """A store from before phrasings: its comparisons know none, and no cycle has a value for them.

    At cycle 4 one of the two phrasings is gone.
    """
    rows = baseline({"I am not sure": 0.1, "it depends": 0.05}, cycles=5, n=200)
    gone = rows["cycle"] == 4
    rows.loc[gone, "output"] = rows.loc[gone, "output"].str.replace("it depends ", "")
    # A catalogue of two metrics, and vectors that need no encoder, to be quick.
    few = {name: METRICS.get(name) for name in ("length_p50", "phrasing_survival")}
    monkeypatch.setattr(METRICS, "_found", few)
    store = Store(tmp_path / "s.duckdb")
    with monkeypatch.context() as older:
        older.setattr(phrasings, "VERSION", "none")
        older.setattr(phrasings, "find", lambda rows: None)
        older.delitem(few, "phrasing_survival")
        pipeline.ingest(store, [rows.assign(lineage="L", embedding=[[1.0, 0.0]] * len(rows))])
    with store.writing() as con:
        con.execute("UPDATE comparisons SET facts = json_merge_patch(facts, '{\"phrasings\": null}')")
    assert all("phrasings" not in json.loads(facts) for facts in store.comparisons("L").values())
    assert pipeline.refresh(store) == ["L"]
    assert shares(store) == {
        "phrasing:i am not sure": exactly([0.1] * 5),
        "phrasing:it depends": exactly([0.05] * 4 + [0.0]),
    }
    assert pipeline.refresh(store) == []
