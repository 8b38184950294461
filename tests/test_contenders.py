"""The rules that the early warning is compared with, on series of which we know what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from metrics import stats
from metrics.core import METRICS, History, MetricValue, Trend
from metrics.lead_time import Row
from tests import planted
from tests.benchmarks.lead_time import markdown, outcomes, table
from tests.benchmarks.lead_time.contenders import CONTENDERS, drift_test, e_process, page_hinkley
from tests.benchmarks.lead_time.contenders.page_hinkley_short import SHORT
from tests.benchmarks.lead_time.lines import lines
from tests.benchmarks.lead_time.outcomes import Outcome

ALL = CONTENDERS.all()
VOTERS = [m.name for m in planted.voters()]
NEVER = {"page_hinkley"}
COUNT, ONSET = 20, 8


@dataclass(frozen=True)
class Made:
    """A series as the contenders want it."""

    history: History
    truth: tuple[float, ...] = ()
    scores: Mapping[int, np.ndarray] | None = None
    onset: int | None = None
    recovery: int | None = None
    world: str = "made"
    setting: str = "standard"
    regime: str = "fall"
    seed: int = 0

    def until(self, count: int) -> "Made":
        return replace(self, history=self.history.until(count), truth=self.truth[:count])


def fall(sds: float, seed: int = 0, noise: float = 0.01) -> Made:
    """Everything falls at the onset by so many standard deviations: metrics, mean score, truth and rows."""
    step = [0.0] * ONSET + [sds] * (COUNT - ONSET)
    names = [*VOTERS, "mean_score"] if sds else []
    past = planted.history(dict.fromkeys(names, step), seed=seed, noise=noise, sampling=noise)
    rng = np.random.default_rng([seed, 7])
    rows = rng.normal(size=300)
    moved = {c: rows + noise * rng.normal(size=300) - 0.1 * step[c] for c in range(COUNT)}
    truth = tuple(0.7 + 0.2 * noise * rng.normal() - 0.02 * s for s in step)
    return Made(past, truth, moved, onset=ONSET if sds else None, seed=seed)


def exact(values: Mapping[str, Sequence[float]]) -> Made:
    """A history of exactly these values, the first four of which are the baseline."""
    count = len(next(iter(values.values())))
    places, trends = planted.standings(count), {}
    for name, numbers in values.items():
        own = tuple(MetricValue(c, name, 1, None, "ok", value=x, n=400) for c, x in enumerate(numbers))
        base = tuple(tuple(own[c] for c in s.baseline) for s in places)
        trends[(name, None)] = Trend(METRICS.get(name), None, own, base)
    return Made(History("exact", tuple(places), trends))


def alarms(name: str, series: Made, **options: str) -> list[int]:
    return CONTENDERS.get(name).alarms(series, **options)


DROP = fall(12.0)
MILD = fall(2.0, seed=3)
STILL = fall(0.0, noise=0.0)


# The contract of the folder


@pytest.mark.parametrize("on", ["voters", "score"])
@pytest.mark.parametrize("name", ALL)
def test_what_is_said_of_a_cycle_rests_on_the_cycles_up_to_it(name: str, on: str):
    """And on nothing that was asked before: the whole is asked first, in the middle and last."""
    for series in (DROP, MILD):
        whole = alarms(name, series, on=on)
        assert whole == sorted(set(whole))
        for count in (3, 5, 9, 10, 14):
            assert alarms(name, series.until(count), on=on) == [c for c in whole if c < count]
        assert alarms(name, series, on=on) == whole


@pytest.mark.parametrize("on", ["voters", "score"])
@pytest.mark.parametrize("name", ALL)
def test_silent_while_nothing_moves(name: str, on: str):
    assert alarms(name, STILL, on=on) == []


@pytest.mark.parametrize("on", ["voters", "score"])
@pytest.mark.parametrize("name", ALL)
def test_a_fall_of_twelve_deviations_is_seen(name: str, on: str):
    """By all but those that are known never to fire."""
    assert any(c >= ONSET for c in alarms(name, DROP, on=on)) == (name not in NEVER)


@pytest.mark.parametrize("name", ALL)
def test_no_baseline_no_alarm(name: str):
    """Three cycles of four; no history at all; no score, no rows."""
    assert alarms(name, Made(planted.history({}, count=3), (0.7, 0.1, 0.1))) == []
    assert alarms(name, Made(History("none", (), {}))) == []


@pytest.mark.parametrize("name", ALL)
def test_who_knows_borders_begins_again(name: str):
    """All fall at the very cycle at which the evaluation changes: others compare across it and alarm."""
    crossing = replace(DROP, history=planted.split(DROP.history, ONSET))
    assert (alarms(name, crossing) == []) == (ALL[name].knows_borders or name in NEVER)


@pytest.mark.parametrize("name", ALL)
def test_a_cycle_that_could_not_be_measured_is_no_alarm(name: str):
    gone = {
        key: replace(t, values=tuple(replace(v, status="undefined", value=None) for v in t.values))
        for key, t in DROP.history.trends.items()
    }
    assert alarms(name, Made(replace(DROP.history, trends=gone), (0.7,) * COUNT)) == []


def test_every_contender_says_what_it_knows():
    for each in ALL.values():
        doc = " ".join((each.alarms.__doc__ or "").split())
        assert ("knows borders" in doc) == each.knows_borders, each.name
        assert "border" in doc, each.name


# By hand


def test_mean_score_drop():
    """5 % below .8 is .76."""
    assert alarms("mean_score_drop", exact({"mean_score": [0.8] * 4 + [0.761, 0.759, 0.77]})) == [5]


def test_any_metric_drop():
    """10 % below .5 is .45. Twice the duplicates are no drop, and mean score has no vote."""
    recall = [0.5] * 4 + [0.46, 0.44, 0.5]
    beside = {"duplicate_rate": [0.1] * 6 + [0.2], "mean_score": [0.8] * 6 + [0.1]}
    assert alarms("any_metric_drop", exact({"tail_recall": recall, **beside})) == [5]
    assert alarms("any_metric_drop", exact({"tail_recall": recall, **beside}), on="score") == [6]


def test_three_sigma():
    """Baseline .48 .52 .48 .52: mean .5, SD .02 with n below, so .44 to .56."""
    assert alarms("three_sigma", exact({"tail_recall": [0.48, 0.52] * 2 + [0.441, 0.439, 0.561]})) == [5, 6]


def test_mann_kendall():
    """One metric that falls every time: 2 / 4! = .083 is too much, 2 / 5! = .017 is not; over two it is."""
    down, level = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [0.5, 0.6] * 3
    assert alarms("mann_kendall", exact({"coverage": down})) == [4, 5]
    assert alarms("mann_kendall", exact({"coverage": down, "tail_recall": level})) == [4, 5]
    three = {"coverage": down, "tail_recall": level, "dispersion": level}
    assert alarms("mann_kendall", exact(three)) == [5]


def test_cusum():
    """SD .02 * sqrt(4/3) = .0231, so that z is -2 at .4538: 1.5, 3.0, 4.5, 6.0, and 3.5 after one of +2."""
    low, high = 0.5 - 2 * 0.0230940, 0.5 + 2 * 0.0230940
    assert alarms("cusum", exact({"tail_recall": [0.48, 0.52] * 2 + [low] * 4 + [high]})) == [7]


def test_ewma():
    """z is -2.5: averages -.5 and -.9 against limits of .6 and .768."""
    low = 0.5 - 2.5 * 0.0230940
    assert alarms("ewma", exact({"tail_recall": [0.48, 0.52] * 2 + [low] * 2})) == [5]


def test_page_hinkley_never_fires_on_shares():
    """Forty cycles that lose everything: the sum of what is below the mean stays under 10, the line is 50."""
    assert alarms("page_hinkley", exact({"tail_recall": [1.0] * 20 + [0.0] * 20})) == []


def test_page_hinkley_for_short_series():
    """After four of 0 the sum is 2. -8 lies 6.4 below the mean of -1.6: 6.4 - .5 = 5.9 lower. -6.5: 4.7."""
    for last, seen in ((-8.0, True), (-6.5, False)):
        flags = page_hinkley.detected(np.array([0.0, 0.0, 0.0, 0.0, last]), SHORT)
        assert flags.tolist() == [False] * 4 + [seen]


def test_drift_test_picks_its_test_by_rows_and_values():
    """As Evidently 0.7.23 does; the numbers by hand.

    Two values: 50 of 100 against 36 is .14 / .0700 = 2.00 SD, against 37 .13 / .0701 = 1.85. Three: 100 each
    against 130, 100, 70 is a chi-square of 18. Beyond 1,000 rows: SD 2.872 of 0 to 9, a tenth is .287. Two
    values there: the distance of shares .5 and .5 + d is about d / sqrt(2), a tenth at d = .1414.
    """
    drifted = drift_test.drifted
    half = np.repeat([0.0, 1.0], 50)
    assert [drifted(half, np.repeat([1.0, 0.0], [k, 100 - k])) for k in (36, 37)] == [True, False]
    three = np.repeat([0.0, 1.0, 2.0], 100)
    assert [drifted(three, np.repeat([0.0, 1.0, 2.0], k)) for k in ((130, 100, 70), 100)] == [True, False]
    many = np.tile(np.arange(10.0), 120)
    assert [drifted(many, many + d) for d in (0.28, 0.29)] == [False, True]
    tall = np.repeat([0.0, 1.0], 600)
    assert [drifted(tall, np.repeat([1.0, 0.0], [k, 1000 - k])) for k in (630, 650)] == [False, True]
    assert drifted(three, np.full(10, 3.0))
    assert not drifted(np.ones(9), np.ones(9))


def test_the_reference_of_the_drift_test_is_the_baseline_or_one_cycle_of_it():
    """Four cycles of 300 rows make 1,200, judged by distance; one is judged by Kolmogorov-Smirnov."""
    rng = np.random.default_rng(5)
    rows = {c: rng.normal(size=300) for c in range(COUNT)}
    quiet = replace(STILL, scores=rows)
    for name, positions in (("drift_test", range(4)), ("drift_test_one", [3])):
        reference = np.concatenate([rows[c] for c in positions])
        assert alarms(name, quiet) == [c for c in range(4, COUNT) if drift_test.drifted(reference, rows[c])]
    assert alarms("drift_test", replace(quiet, scores=None)) == []


def test_the_e_process_keeps_its_promise():
    """Of 400 lines of 40 independent normal values at most 5 % ever earn 20 times the stake (Ville)."""
    rng = np.random.default_rng(6)
    most = [e_process.wealth(e_process.surprises(x, 4), 4).max() for x in rng.normal(size=(400, 40))]
    assert np.mean(np.array(most) >= 20) <= 0.05


def test_ties_are_no_promise_that_nothing_moves():
    """Rates of 400 outputs that were 0 in the baseline: one output more is one step, not a miracle."""
    z = e_process.surprises(np.array([0.0] * 4 + [-1 / 400]), 4, 1 / 400)
    assert z[4] == pytest.approx(float(stats.t_corrected(-1 / np.sqrt(5 / 4), 3)))
    (line,) = lines(stepping(exact({"duplicate_rate": [0.0] * 4 + [1 / 400] * 5}), 1 / 400), "voters")
    assert line.z[4:].tolist() == [pytest.approx(-1.0)] * 5


def stepping(made: Made, step: float) -> Made:
    """The same series, whose values go by steps."""
    places = made.history.standings
    own = {k: tuple(replace(v, step=step) for v in t.values) for k, t in made.history.trends.items()}
    return replace(made, history=planted.made(own, places))


def test_e_process():
    """Two metrics, of which one gains and one loses: what counts is the mean of both stakes."""
    lost, kept = [0.48, 0.52] * 4 + [0.1], [0.5, 0.51] * 4 + [0.5]
    z = e_process.surprises(np.array(lost), 4)
    assert z[8] == pytest.approx(float(stats.t_corrected(-0.4 / (0.021381 * np.sqrt(9 / 8)), 7)), abs=1e-3)
    assert alarms("e_process", exact({"tail_recall": lost, "coverage": kept})) == [8]
    assert alarms("e_process", exact({"tail_recall": kept})) == []


def test_oracle():
    """The floor .01, and four baseline cycles: .5 - 3 * .01 * sqrt(5/4) = .4665, for two cycles."""
    truth = (0.5,) * 4 + (0.46, 0.467, 0.466, 0.466, 0.5)
    assert alarms("oracle", replace(exact({"tail_recall": [0.5] * 9}), truth=truth)) == [7]


def test_oracle_waits_where_retraining_is_unsteady():
    """Steps of .04 make a noise of .04 / .9539 = .0419, and a line at .36 instead of .47."""
    truth = (0.5, 0.54, 0.5, 0.54, 0.5, 0.46, 0.42, 0.4, 0.4)
    assert alarms("oracle", replace(exact({"tail_recall": [0.5] * 9}), truth=truth)) == []


FROZEN = {
    0: ([12, 13, 14, 15, 16, 17, 18, 19], []),
    1: ([9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19], [11, 12, 13, 14, 15, 16, 17]),
    2: ([], [10, 11, 12, 13, 14, 15, 16, 17, 18]),
    4: ([9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19], [13, 14, 15]),
}


@pytest.mark.parametrize("seed", FROZEN)
def test_the_starting_rule_stays_as_it_was(seed: int):
    """What the product said of these series when its rule was copied; the copy must not move with it."""
    moves = dict.fromkeys(STARTED[:3], [0.0] * 8 + [2.5] * 6 + [0.0] * 6)
    moves["mean_score"] = [0.0] * 10 + [4.0] * 4 + [0.0] * 6
    trends = {}
    for i, name in enumerate([*STARTED, "mean_score"]):
        own = planted.values(METRICS.get(name), moves.get(name, [0.0] * 20), seed * 100 + i)
        base = tuple(own[:4] for _ in own)
        trends[(name, None)] = Trend(METRICS.get(name), None, own, base)
    series = Made(History("frozen", tuple(planted.standings(20)), trends))
    assert alarms("starting_rule", series) == FROZEN[seed][0]
    assert alarms("starting_rule", series, on="score") == FROZEN[seed][1]
    assert alarms("same_on_score", series) == FROZEN[seed][1]


STARTED = (
    *("class_coverage", "coverage", "dispersion", "distinct_1"),
    *("distinct_2", "duplicate_rate", "prediction_entropy", "tail_recall"),
)


def test_the_starting_rule_says_when_it_cannot_judge():
    """Four baseline cycles and one more; then a border at 8, four more and the one that follows."""
    said = ALL["starting_rule"].statuses(replace(DROP, history=planted.split(DROP.history, ONSET)))
    assert said[:5] == ["learning"] * 5
    assert said[8:13] == ["not_comparable", *["learning"] * 4]
    assert not {"narrowing", "collapse"} & set(said)
    assert "collapse" in ALL["starting_rule"].statuses(DROP)


# Tables


def made(
    alarm: Sequence[int],
    score: Sequence[int] = (),
    *,
    name: str = "one",
    regime: str = "fall",
    onset: int | None = 8,
    recovery: int | None = None,
    seed: int = 0,
) -> Outcome:
    group = ("w", "s", regime)
    return Outcome(group, seed, name, COUNT, onset, recovery, tuple(alarm), tuple(score))


def test_a_row_by_hand():
    """Five series: early, at the onset, after two cycles, after four, never. Three of five detected.

    An alarm before the onset is a false alarm and no detection. Leads 3 - 0 and 6 - 4; the third has none.
    """
    found = [
        made([5, 9], [9], seed=0),
        made([8, 9], [11], seed=1),
        made(range(10, 20), [], seed=2),
        made(range(12, 20), [14], seed=3),
        made([], [9], seed=4),
    ]
    (row,) = table.rows(found)
    assert (row.series, row.false_alarms, row.false_share) == (5, 1, 0.2)
    assert (row.detected, row.detected_share, row.median_delay) == (3, 0.6, 2)
    assert (row.lead, row.lead_series, row.alone) == (2.5, 2, 1)
    assert 2 <= row.lead_low <= row.lead_high <= 3
    assert row.let_go == pytest.approx(1 / 3)
    assert (row.unjudged, row.collapses, row.resolved) == (None, None, None)


def test_where_nothing_narrows_every_alarm_is_false():
    (row,) = table.rows([made([19], onset=None), made([], onset=None, seed=1)])
    assert (row.false_alarms, row.detected, row.median_delay, row.let_go) == (1, None, None, None)
    assert (row.false_low, row.false_high) == pytest.approx((0.0126, 0.9874), abs=1e-4)


def test_recovery_by_hand():
    """Human data is back at 12, so the alarm must be off at 16. One never began, one began afterwards."""
    runs = [range(9, 15), range(9, 17), [], [13, 14]]
    (row,) = table.rows([made(run, recovery=12, seed=i) for i, run in enumerate(runs)])
    assert (row.resolved, row.resolved_series, row.let_go) == (0.5, 2, None)


@pytest.mark.parametrize(
    ("statuses", "settled"),
    [
        (["learning", "learning", "healthy", "watch"], True),
        (["learning", "healthy", "not_comparable", "learning", "watch"], True),
        (["learning", "narrowing", "healthy"], False),
        (["learning", "healthy", "not_comparable", "learning", "collapse"], False),
        (["learning", "healthy", "not_comparable", "learning"], False),
        (["learning", "learning"], False),
    ],
)
def test_a_series_is_settled_when_it_is_healthy_each_time_it_is_judged_anew(statuses, settled):
    one = replace(made([], onset=None), statuses=tuple(statuses))
    assert one.settled is settled
    assert replace(one, onset=1).settled is None
    assert made([], onset=None).settled is None


def test_regimes_are_never_pooled():
    found = [made([9]), made([9], regime="slow"), made([9], name="two")]
    assert [(r.regime, r.contender, r.series) for r in table.rows(found)] == [
        *(("fall", "one", 1), ("fall", "two", 1), ("slow", "one", 1))
    ]


def test_a_pair_by_hand():
    """Detection 1 - 1 and 1 - 0; delay 1 - 3 and 2 - 12, after the last cycle; lead 4 - 2 in the first."""
    found = [
        *(made([9], [13]), made([11], [13], name="two")),
        *(made([10], [], seed=1), made([], [], name="two", seed=1)),
        made([9], seed=2),
        made([9], regime="calm", onset=None),
        made([9], regime="calm", onset=None, name="two"),
    ]
    calm, pair = table.paired(found, "one", "two")
    assert (calm.regime, calm.series, calm.false, calm.detection, calm.delay) == ("calm", 1, 0.0, None, None)
    assert (pair.regime, pair.series, pair.detection, pair.delay) == ("fall", 2, 0.5, -6.0)
    assert (pair.lead, pair.lead_low, pair.lead_high, pair.lead_series) == (2.0, 2.0, 2.0, 1)
    assert (pair.delay_low, pair.delay_high) == (-10.0, -2.0)


def test_the_tables_are_written():
    found = outcomes.outcomes([DROP], [ALL["starting_rule"], ALL["oracle"]])
    rows, pairs = table.rows(found), table.paired(found, "starting_rule", "oracle")
    labels = {name: ALL[name].label for name in ("starting_rule", "oracle")}
    text = markdown.standings(rows, labels)
    assert text.startswith("### made, standard, fall\n\n| rule |")
    assert (
        "| The starting rule | 1 | 0.0% (0.0% to 97.5%) | 25% | 1 | - | 100.0% (2.5% to 100.0%) | 1 |" in text
    )
    assert text.index("The starting rule") < text.index("Oracle")
    assert "| fall | 1 | +0.000 (+0.000 to +0.000) | +0.00 (+0.00 to +0.00) |" in markdown.comparison(pairs)
    assert [len(line.split(",")) for line in table.as_csv(rows, Row).splitlines()] == [25] * 3
    assert table.as_csv([], Row).count("\n") == 1
