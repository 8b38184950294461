"""The benchmark's series: repeatable, kept exactly, held apart, and measured as a real store would."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import metrics
from metrics import embed, pipeline
from metrics.core import METRICS
from sample_data.model import Pairs, log_posterior
from tests.benchmarks.lead_time import asking, memory, noise, packing, parts, series, training
from tests.benchmarks.lead_time.memory import LINEAGE, Memory
from tests.benchmarks.lead_time.regimes import HUMAN, REGIMES, Regime
from tests.benchmarks.lead_time.settings import SETTINGS, STANDARD
from tests.benchmarks.lead_time.vectors import Encoder
from tests.benchmarks.lead_time.worlds import WORLDS, neural, sealed, synopses
from tests.benchmarks.lead_time.worlds.base import Asked, Texts, World

TINY = replace(STANDARD, name="tiny", prompts=120, cycles=9)
# Every model pair, on texts that need no corpus.
MODELS = {module.WORLD.name: module for module in (synopses, neural, sealed)}


def few() -> pd.DataFrame:
    rows = synopses.load()
    kept = rows["section"].isin(["libs", "python", "games", "fonts", "ocaml", "mail", "math", "kde", "vcs"])
    return rows[kept].head(3000).reset_index(drop=True)


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts.of(few())


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch, texts: Texts) -> str:
    """A world with few texts under a name of its own."""
    world = World("tiny", 300, 300, few, synopses.fit)
    encoder = Encoder(texts.coder)
    monkeypatch.setitem(WORLDS, "tiny", world)
    monkeypatch.setattr(series.worlds, "texts", lambda name: texts)
    monkeypatch.setattr(series.worlds, "encoder", lambda name: encoder)
    return world.name


def same(one: series.Series, other: series.Series) -> bool:
    return one == other and repr(one) == repr(other)


def test_the_same_seed_gives_the_same_series(tiny: str):
    one, again, other = (series.generate(tiny, TINY, REGIMES["replace"], seed) for seed in (1, 1, 2))
    assert same(one, again)
    assert one.truth != other.truth


def test_what_comes_from_disk_is_what_was_made(tiny: str, tmp_path: Path):
    regime = REGIMES["recovery"]
    assert series.read(tiny, TINY, regime, 3, tmp_path) is None
    assert not series.is_there(tiny, TINY, regime, 3, tmp_path)
    series.write(tiny, TINY, regime, 3, tmp_path)
    found = series.read(tiny, TINY, regime, 3, tmp_path)
    assert found is not None
    assert same(found, series.generate(tiny, TINY, regime, 3))
    assert (found.onset, found.recovery) == (regime.turn(3), regime.turn(3) + 5)


def test_a_series_made_in_another_way_is_not_read(tiny: str, tmp_path: Path):
    series.write(tiny, TINY, REGIMES["slow"], 1, tmp_path)
    assert series.is_there(tiny, TINY, REGIMES["slow"], 1, tmp_path)
    faster = replace(REGIMES["slow"], fall=0.2)
    assert not series.is_there(tiny, TINY, faster, 1, tmp_path)
    assert series.read(tiny, TINY, faster, 1, tmp_path) is None


@pytest.mark.parametrize("regime", REGIMES.values(), ids=REGIMES)
def test_a_mix_adds_up(regime: Regime):
    for seed in range(3):
        mixes = [regime.mixed(cycle, seed) for cycle in range(40)]
        assert all(mix.total == pytest.approx(1) for mix in mixes)
        changed = [cycle for cycle, mix in enumerate(mixes) if mix != HUMAN]
        assert regime.onset(seed) == (changed[0] if changed else None)
        assert regime.start is not None or 5 <= regime.turn(seed) <= 8


def test_a_benign_change_comes_at_its_turn_and_is_told():
    regime = REGIMES["decoding_step"]
    said = [regime.asked(cycle, 1).decoding for cycle in range(20)]
    assert said.index("temperature=0.8") == regime.turn(1)
    assert regime.onset(1) is None


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_the_parts_are_disjoint(texts: Texts, setting):
    split = parts.parts(texts, 300, replace(setting, prompts=setting.prompts // 5), seed=4)
    rows = np.concatenate([split.prompts, split.spare, split.reference, split.oracle, split.pool])
    assert len(np.unique(rows)) == len(rows) == len(texts.rows)
    assert len(split.prompts) == setting.prompts // 5
    assert texts.tail[texts.pairs.section[split.oracle]].all()
    if setting.half_tail:
        assert texts.tail[texts.pairs.section[split.prompts]].mean() == 0.5
    natural = np.bincount(texts.pairs.section) / len(texts.rows)
    section = texts.pairs.section[split.prompts]
    weighed = np.bincount(section, weights=split.weight[section], minlength=len(natural)) / len(section)
    assert setting.half_tail is False or weighed == pytest.approx(natural)


def test_draws_make_up_for_what_was_held_out(texts: Texts):
    split = parts.parts(texts, 300, STANDARD, seed=4)
    rng = np.random.default_rng(0)
    section = texts.pairs.section[split.pool]
    share = np.mean([texts.tail[section[training.drawn(split.pull, 100, rng)]].mean() for _ in range(200)])
    assert share == pytest.approx(texts.tail[texts.pairs.section].mean(), abs=0.02)
    assert texts.tail[section].mean() < share - 0.02


def test_the_quick_classifier_gives_the_chances_of_the_sample_data(texts: Texts):
    train, asked = texts.pairs.take(np.arange(500)), texts.pairs.words[500:900]
    found = synopses.Counted(train, texts.coder, None).judge(Asked(asked))
    assert found == pytest.approx(log_posterior(train, asked, texts.coder), abs=1e-3)


def test_the_quick_encoder_gives_the_vectors_of_the_default_one(texts: Texts):
    words = texts.pairs.words[:300]
    found = Encoder(texts.coder).of(words)
    assert np.abs(found - embed.embed(texts.coder.decode(words))).max() < 1e-6


@pytest.mark.parametrize("name", MODELS)
def test_every_pair_of_models_learns_and_writes(texts: Texts, name: str):
    rng = np.random.default_rng(1)
    train, rest = texts.pairs.take(np.arange(2000)), texts.pairs.take(np.arange(2000, 3000))
    first = MODELS[name].fit(train, texts.coder, rng, None)
    warm = MODELS[name].fit(train, texts.coder, rng, first)
    for model in (first, warm):
        right = (model.judge(Asked(rest.words)).argmax(axis=1) == rest.section).mean()
        assert right > np.bincount(rest.section).max() / len(rest.section) + 0.1
    written = first.write(rest.section, rng)
    assert written.shape == rest.words.shape
    assert set(written.ravel()) <= set(train.words.ravel()) | {0}


def test_low_temperature_repeats_itself(texts: Texts):
    model = synopses.fit(texts.pairs, texts.coder, np.random.default_rng(0), None)
    section, rng = texts.pairs.section, np.random.default_rng(0)
    different = [len(np.unique(model.write(section, rng, t), axis=0)) for t in (1.0, 0.7, 0.4)]
    assert different == sorted(different, reverse=True)
    assert different[2] < 0.8 * different[0]


def test_the_surest_pairs_are_kept(texts: Texts):
    model = synopses.fit(texts.pairs.take(np.arange(2000)), texts.coder, np.random.default_rng(0), None)
    pairs = texts.pairs.take(np.arange(2000, 3000))
    kept = training.surest(pairs, model, 500)

    def right(some: Pairs) -> float:
        return float((model.judge(Asked(some.words)).argmax(axis=1) == some.section).mean())

    assert len(kept.section) == 500
    assert right(kept) > right(pairs) + 0.1


def uploaded(panel: asking.Panel) -> pd.DataFrame:
    """What a team would upload: the frames without what a store adds, with the facts in the rows."""
    frames = [frame.assign(**panel.facts[cycle]) for cycle, frame in panel.frames.items()]
    return pd.concat(frames, ignore_index=True).drop(columns=["example_key", *asking.ABSENT])


def test_memory_measures_as_a_store_does(texts: Texts, tiny: str, tmp_path: Path):
    """The same values, baselines and standings, where prompts change; the comparisons' names are others."""
    about, regime = WORLDS[tiny], REGIMES["prompt_shift"]
    split = parts.parts(texts, about.reference, TINY, 1)
    panel = asking.Panel(texts, Encoder(texts.coder), split, 1)
    for cycle, model, rng in training.run(about, texts, split, TINY, regime, 1):
        panel.ask(cycle, model, regime.asked(cycle, 1), rng)
    human = asking.reference(texts, panel._encoder, split)
    store = metrics.Store(tmp_path / "real.duckdb")
    rows = uploaded(panel)
    prompts = dict(zip(texts.rows["id"], texts.rows["text"], strict=True))
    with memory.only_what_verdicts_read():
        metrics.reference(
            store, [human.drop(columns=[*asking.ABSENT, "prediction", "score"])], lineage=LINEAGE
        )
        metrics.ingest(store, [rows.assign(prompt=rows["example_id"].map(prompts))])
    mine = Memory(panel.frames, panel.facts, human)
    series.measure(mine)
    told(pipeline.history(mine, LINEAGE), pipeline.history(store, LINEAGE))
    kept = pipeline.history(packing.unpacked(packing.packed(mine)), LINEAGE)
    assert [s.note for s in kept.standings] == [s.note for s in pipeline.history(mine, LINEAGE).standings]

    scores = {cycle: sorted(frame["score"]) for cycle, frame in panel.frames.items()}
    assert {c: x.tolist() for c, x in packing.scores(packing.packed(mine)).items()} == scores


def test_slices_are_measured_where_the_setting_has_them(tiny: str):
    sliced = replace(TINY, sliced=True, cycles=6)
    names = [
        {part for _, part in series.generate(tiny, setting, REGIMES["healthy"], 1).history.trends}
        for setting in (replace(sliced, sliced=False), sliced)
    ]
    assert {"topic=a", "topic=b"} <= names[1] - names[0] <= {f"topic={x}" for x in "abcd"}
    whole = Texts.of(synopses.load())
    mass = np.bincount(whole.pairs.section) / len(whole.rows)
    shares = {x: mass[asking.topics(whole) == x].sum() for x in "abcd"}
    # Of 800 prompts nine tenths of a slice are measured, and 200 of these are needed for a vote.
    assert [800 * 0.9 * shares[x] > 200 for x in "abcd"] == [True, True, False, False]


def told(mine: metrics.core.History, real: metrics.core.History) -> None:
    """Fail where two histories differ in anything but the names of their comparisons."""
    assert [replace(s, comparison="") for s in mine.standings] == [
        replace(s, comparison="") for s in real.standings
    ]
    groups = [[s.comparison for s in past.standings] for past in (mine, real)]
    assert [g.index(k) for g in groups[:1] for k in g] == [g.index(k) for g in groups[1:] for k in g]
    assert mine.trends == real.trends


def test_the_catalogue_is_whole_again():
    before = METRICS.all()
    with memory.only_what_verdicts_read():
        assert {"tail_recall", "mean_score", "class_recall"} < set(METRICS.all()) < set(before)
    assert METRICS.all() == before


def test_what_is_carried_over_is_found_again():
    rng = np.random.default_rng(5)
    rows = np.empty((400, 20))
    rows[:, 0] = rng.normal(size=400)
    for cycle in range(1, 20):
        rows[:, cycle] = 0.5 * rows[:, cycle - 1] + np.sqrt(0.75) * rng.normal(size=400)
    found = rows - rows.mean(axis=1, keepdims=True)
    assert noise.carried(found) == pytest.approx(0.5, abs=0.05)
    assert noise.spread(rng.normal(size=(400, 20))) == pytest.approx(1, abs=0.05)
