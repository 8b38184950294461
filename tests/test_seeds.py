"""Replicate seeds of a cycle: told apart, measured alike, and heard by the early warning."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metrics import aggregates, narrowing, noise, parts, pipeline, seeds, stats
from metrics.carrying import LEFT, Carried
from metrics.core import GROUPS, METRICS, History, MetricValue
from metrics.deviations import Course, Retrains
from metrics.panel import Cycles, Panel
from metrics.store import Store
from tests import planted, replicating

VOTERS = [m.name for m in planted.voters()]
SCORE = METRICS.get("mean_score")


def read(past: History) -> list[narrowing.Reading]:
    voters = [t for t in past.trends.values() if t.metric.votes]
    return narrowing.read(past.standings, voters, past.trends[("mean_score", None)])


def alarmed(past: History) -> bool:
    return any(r.status in ("narrowing", "collapse") for r in read(past))


# Which outputs


def frame(*asked: tuple[int | None, range]) -> pd.DataFrame:
    """One output of every prompt that each seed was asked."""
    rows = [(seed, i) for seed, prompts in asked for i in prompts]
    numbers = pd.array([seed for seed, _ in rows], "Int32")
    ids = [f"e{i}" for _, i in rows]
    return pd.DataFrame({"seed": numbers, "example_id": ids, "example_key": [i for _, i in rows]})


def test_seeds_are_compared_on_the_prompts_that_all_have():
    """Seed 7 lacks prompts 90 to 99, and nobody's seed belongs to none: 90 prompts of each are left."""
    found = seeds.replicates(frame((3, range(100)), (7, range(90)), (None, range(100))))
    assert {seed: rows.tolist() for seed, rows in found.items()} == {
        3: list(range(90)),
        7: list(range(100, 190)),
    }


@pytest.mark.parametrize(
    "asked",
    [
        ((0, range(100)),),
        ((None, range(100)), (None, range(100))),
        ((0, range(100)), (1, range(79))),
        ((0, range(100)), (1, range(50, 150))),
        ((0, range(0)), (1, range(0))),
    ],
    ids=["one", "not told", "too few prompts", "other prompts", "no outputs"],
)
def test_what_is_no_replicate(asked):
    assert seeds.replicates(frame(*asked)) == {}


def test_ten_seeds_at_most_and_all_at_one_size():
    """Seed 1 answers 50 prompts twice: what the others' 50 outputs can give is the size."""
    found = seeds.replicates(frame(*((s, range(50)) for s in range(12)), (1, range(50))))
    assert [*found] == list(range(10))
    assert len(found[1]) == 100
    largest = np.bincount(stats.groups([f"e{i}" for i in range(50)])).max()
    assert seeds.size(frame((0, range(50))), {0: np.arange(50)}) == min(45, 50 - largest)


# What they say


def value(level: float, spread: float = 0.0, **facts: float) -> MetricValue:
    """A value whose jackknife SE is `spread`: ten replicates a up and ten down, 19/20 * 20 a^2 = spread^2."""
    a = spread / math.sqrt(GROUPS - 1)
    replicates = (level + a, level - a) * 10
    return MetricValue(0, SCORE.name, 1, None, "ok", value=level, replicates=replicates, **facts)


def test_the_variance_between_seeds_and_what_sampling_has_in_it():
    """4, 6 and 8 have variance 4. One of them has SE .6, so that two of the three differences have it: their
    mean square is .24, half of it .12. No sampling is smaller than a step: 1 for 4 and 6 alone, 1/2 of 1^2.
    """
    unknown = MetricValue(0, SCORE.name, 1, None, "undefined")
    three = [value(4.0, 0.6), value(6.0), value(8.0)]
    found = Retrains.of(SCORE, [three, [], [value(4.0, step=1.0), value(6.0)], [value(4.0), unknown]])
    assert found is not None
    assert found.count.tolist() == [3, 1, 2, 2]
    assert found.size == pytest.approx([4.0, 0.0, 2.0, 0.0])
    assert found.sampling == pytest.approx([0.12, 0.0, 0.5, 0.0])
    assert found.freedom.tolist() == [2, 0, 1, 0]
    assert Retrains.of(SCORE, [[], []]) is None


def course(retrains: Retrains | None) -> Course:
    """0 1 0 1 0 about a baseline of the first four, with no sampling noise at all."""
    zeros, none = np.zeros(5), np.full((5, GROUPS), np.nan)
    d = np.array([0.0, 1.0, 0.0, 1.0, 0.0])
    return Course(SCORE, d, none, zeros, zeros, zeros, zeros > 0, (0, 1, 2, 3), 4, retrains)


def apart(size: float, count: int = 2) -> Retrains:
    """So many retrains in each of five cycles, of one variance and no sampling."""
    return Retrains(np.full(5, count), np.full(5, size), np.zeros(5), np.full(5, count - 1.0))


def normal(course: Course, left: float = 0.0) -> noise.Normal:
    """With a known share of noise that is carried over."""
    held = Carried(np.tile(np.array(LEFT) == left, (5, 1)).astype(float), np.zeros((1, 5, len(LEFT))))
    return noise.normal(course, noise.steps(course), held, held.share[0])


def test_steps_and_seeds_together():
    """Steps of 1 say 1/2 with 2.25 degrees of freedom; two seeds of variance 2 in four cycles say 2 with 4.

    Nothing carried over: the mean of two has half of the 2, so that seeds make the steps' size 1; together
    (2.25 * .5 + 4 * 1) / 6.25 = .82, which is 1.64 of one retrain. A cycle of two retrains beside a baseline
    of four such cycles has 1/2 + 1/8 of it: 1.025.

    Half carried over: 2 is new, 2 / (1 - 1/4) the whole, and the mean of two has 1 - 3/4 * 1/2 = .625 of
    that; half a squared step is .625 * (1 - 1/2) = .3125 of it, .8333. Together .71333, 2.28267 of one
    retrain. About the baseline: 1 - 2 * .234375 + .515625 = 1.046875, of which .625: 1.49354.
    """
    fresh, kept = normal(course(apart(2.0))), normal(course(apart(2.0)), left=0.5)
    assert fresh.deviation[4] == pytest.approx(math.sqrt(1.025))
    assert kept.deviation[4] == pytest.approx(math.sqrt(1.49354), abs=1e-5)
    assert fresh.freedom[4] == pytest.approx(6.25)


def test_a_later_cycle_of_one_seed_has_all_of_the_noise():
    """Four retrains a cycle in the baseline, then one: the 1.64 of before becomes 1 + 1/16 of one retrain.

    Steps of half of 1 say 4 * 1/2 = 2 of one retrain, seeds 2: two together, times 17/16.
    """
    several = replace(apart(2.0, 4), count=np.array([4, 4, 4, 4, 1]))
    assert normal(course(several)).deviation[4] == pytest.approx(math.sqrt(2 * 17 / 16))


def test_steps_that_seeds_cannot_explain_count_alone():
    """Seeds share their training data: where cycles differ and seeds do not, only the cycles tell of it.

    The steps alone: 1/2, times 1 + 1/4.
    """
    found = normal(course(apart(0.0)))
    assert found.deviation[4] == pytest.approx(math.sqrt(0.5 * 1.25))
    assert found.freedom[4] == 2.25


@pytest.mark.parametrize("left", LEFT)
def test_cycles_of_one_seed_are_as_if_nobody_had_spoken_of_seeds(left):
    alone, told = normal(course(None), left), normal(course(apart(0.0, 1)), left)
    assert told.deviation == pytest.approx(alone.deviation)
    assert told.freedom.tolist() == alone.freedom.tolist()
    assert {r: a.tolist() for r, a in told.alike.items()} == {
        r: pytest.approx(a) for r, a in alone.alike.items()
    }


# What the rule makes of it


def test_seeds_that_differ_make_a_calm_series_wait():
    """By luck the retrains of each cycle cancel out: steps look like sampling. A fall of seven sampling
    errors is then an alarm; two seeds a cycle say that two such cycles are nothing yet.
    """
    moves = dict.fromkeys(("tail_recall", "class_coverage"), [0.0] * 8 + [0.05] * 2)
    for seed in range(4):
        past = replicating.history(moves, seeds=[2] * 10, seed=seed, apart=0.05, lucky=True)
        assert alarmed(replicating.unseeded(past))
        assert not alarmed(past)


def scores(past: History, at: int) -> np.ndarray:
    trends = [t for t in past.trends.values() if t.metric.votes]
    return Panel.of(trends, Cycles.of(past.standings, range(len(past.standings)))).scores[:, at]


def test_seeds_that_hardly_differ_show_a_fall_sooner():
    """Five cycles are few to learn noise from; seeds that agree say at once that only sampling is at work."""
    moves = dict.fromkeys(VOTERS, [0.0] * 5 + [0.02])
    told, untold = [], []
    for seed in range(12):
        past = replicating.history(moves, seeds=[4] * 6, seed=seed, apart=0.0)
        told += scores(past, 5).tolist()
        untold += scores(replicating.unseeded(past), 5).tolist()
    # Paired, since both have the same luck with their sampling.
    better = np.array(untold) - np.array(told)
    assert better.mean() > 2 * better.std() / math.sqrt(len(better))


def test_nothing_is_said_from_later_cycles():
    """Seeds come and go: each reading is the same whether or not later cycles are there."""
    moves = dict.fromkeys(VOTERS, [0.0] * 7 + [0.05] * 3)
    past = replicating.history(moves, seeds=[3, 1, 2, 2, 1, 4, 1, 2, 2, 5], seed=5, apart=0.02, left=0.5)
    every = read(past)
    for count in range(5, 11):
        for then, now in zip(read(past.until(count)), every[:count], strict=True):
            assert (then.status, then.since, then.low) == (now.status, now.since, now.low)
            assert {n: (d.z, d.run) for n, d in then.deviations.items()} == {
                n: pytest.approx((d.z, d.run), rel=1e-12) for n, d in now.deviations.items()
            }


@pytest.mark.parametrize("slice", ["seed:1", "seed:1=a", "class:a=b"])
def test_uploaded_values_cannot_pass_for_parts(slice):
    """A slice of the user's is 'column=value'; 'class:' and its like are measured here."""
    rows = pd.DataFrame({"metric": ["mean_score"] * 2, "value": [0.5, 0.6], "slice": [slice, "half=a"]})
    found = aggregates.gate(rows, lineage="L", cycle=0)
    assert found.aggregates["slice"].tolist() == ["half=a"]
    assert len(found.rejects) == 1


# From the file to the verdict


def outputs(upto: int = 8, *, swing: float = 0.2) -> pd.DataFrame:
    """Two seeds a cycle; one finds rare classes better by twice `swing`, which of them changes. From cycle 6
    on both find fewer. Their mean is steady until then, as exact as shares of prompts can be."""
    rng = np.random.default_rng(4)
    labels = ["common"] * 160 + ["rare a"] * 40 + ["rare b"] * 39
    found = []
    for cycle in range(upto):
        for seed in (0, 1):
            tail = 0.6 - 0.16 * (cycle >= 6) + swing * (1 if (cycle + seed) % 2 else -1)
            right = np.concatenate([np.arange(160) < 152, rng.permutation(79) < round(79 * tail)])
            rows = {"label": labels, "prediction": np.where(right, labels, "common"), "score": right * 1.0}
            named = {"cycle": cycle, "seed": seed, "example_id": [f"e{i}" for i in range(239)]}
            found.append(pd.DataFrame({**rows, **named, "slice.part": ["a"] * 60 + [None] * 179}))
    return pd.concat(found, ignore_index=True)


def stored(path: Path, rows: pd.DataFrame) -> Store:
    store = Store(path / "s.duckdb")
    pipeline.ingest(store, [rows], lineage="L")
    return store


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return stored(tmp_path_factory.mktemp("seeded"), outputs())


@pytest.fixture(scope="module")
def pooled(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The same outputs, as samples of which nobody says who made them."""
    rows = outputs().rename(columns={"seed": "sample"})
    return stored(tmp_path_factory.mktemp("pooled"), rows)


def test_each_seed_has_values_of_its_own(seeded):
    """The voting metrics and mean score, no others; a seed's mean score is the mean over its outputs."""
    found = seeded.values("L")
    mine = found[found["slice"] == "seed:1"]
    assert set(mine["metric"]) == {*VOTERS, "mean_score"}
    assert set(found["slice"].dropna().map(parts.seed_of).dropna()) == {0, 1}
    rows = outputs()
    alone = rows[(rows["cycle"] == 3) & (rows["seed"] == 1)]
    at = mine[(mine["cycle"] == 3) & (mine["metric"] == "mean_score")]["value"].item()
    assert at == pytest.approx(alone["score"].mean())


@pytest.mark.parametrize("slice", ["*", None], ids=["everything", "the whole alone"])
def test_the_history_has_them_beside_the_whole_and_as_no_slice(seeded, slice):
    past = pipeline.history(seeded, "L", slice=slice)
    assert not [s for _, s in past.trends if s is not None and s.startswith(parts.SEED)]
    assert {s for _, s in past.trends if s is not None and parts.is_own(s)} == (
        {"part=a"} if slice else set()
    )
    trend = past.trends[("tail_recall", None)]
    assert [[v.slice for v in each] for each in trend.seeds] == [["seed:0", "seed:1"]] * 8
    assert {t.seeds for (name, s), t in past.trends.items() if s or name == "class_recall"} == {()}


def test_the_verdict_hears_them(seeded, pooled):
    """A fall that is large beside sampling, and small beside what one retrain does to rare classes."""
    without = pipeline.check(pooled, "L")
    assert {"narrowing", "collapse"} & {entry["status"] for entry in without["history"]}
    said = pipeline.check(seeded, "L")
    assert {entry["status"] for entry in said["history"]} <= {"learning", "healthy"}


def test_values_of_the_whole_do_not_know_of_seeds(seeded, pooled):
    """Bit by bit: what has no seeds is measured as before, and seeds change nothing of the whole."""
    found = seeded.values("L")
    own = found[found["slice"].isna() | ~found["slice"].fillna("").str.startswith(parts.SEED)]
    pd.testing.assert_frame_equal(own.reset_index(drop=True), pooled.values("L"))


def test_one_seed_a_cycle_is_no_replicate(tmp_path):
    """A column that says 0 everywhere, or another number in each cycle, changes nothing."""
    rows = outputs(2)
    rows = rows[rows["seed"] == 0]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    named = stored(tmp_path / "a", rows.assign(seed=rows["cycle"]))
    plain = stored(tmp_path / "b", rows.drop(columns="seed"))
    pd.testing.assert_frame_equal(named.values("L"), plain.values("L"))
    assert {t.seeds for t in pipeline.history(named, "L").trends.values()} == {()}
