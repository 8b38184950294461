"""Single classes, kinds of output, phrasings and slices that go while the whole hardly moves."""

import pytest

from metrics import going
from metrics.core import RULES, Finding, History
from metrics.going import KINDS
from metrics.judging import conclude
from tests import planted
from tests.planted import Key

VOTERS = [m.name for m in planted.voters()]
STILL = [0.0] * 20
CLASSES: list[Key] = [("class_recall", f"class:c{i:02}") for i in range(30)]
WHOLE: list[Key] = [*((name, None) for name in VOTERS), ("mean_score", None)]


def step(onset: int, sds: float, until: int = 20) -> list[float]:
    return [0.0] * onset + [sds] * (until - onset) + [0.0] * (20 - until)


def history(keys: list[Key], moved: dict[Key, list[float]], seed: int = 0, **facts: float) -> History:
    return planted.of({key: moved.get(key, STILL) for key in keys}, seed=seed, **facts)


def found(name: str, past: History) -> list[tuple[int, Finding]]:
    """The findings of a rule, each with its cycle."""
    return [(j.cycle, f) for j in RULES.get(name).evaluate(past, {}) for f in j.findings]


def named(name: str, past: History) -> dict[str | None, int]:
    """What a rule names, with the first cycle at which it does."""
    first: dict[str | None, int] = {}
    for cycle, finding in found(name, past):
        first.setdefault(finding.slice, cycle)
    return first


# Classes


@pytest.mark.parametrize("seed", range(3))
def test_a_class_that_vanishes_is_named_while_the_whole_stands_still(seed: int):
    """One of thirty falls by 20 movements at cycle 9; no voter moves. It is named at the second low cycle."""
    past = history([*WHOLE, *CLASSES], {CLASSES[7]: step(9, 20.0)}, seed)
    assert named("part_loss", past) == {"class:c07": 10}
    early = RULES.get("early_warning").evaluate(past, {})
    assert not {j.status for j in early} & {"narrowing", "collapse"}


def test_what_is_said_of_a_class():
    past = history([*WHOLE, *CLASSES], {CLASSES[7]: step(9, 30.0)})
    cycle, finding = found("part_loss", past)[0]
    value = past.trends[CLASSES[7]].values[cycle]
    assert value is not None
    assert (finding.severity, finding.metric, finding.since) == ("narrowing", "class_recall", 9)
    said, _, far = finding.message.removesuffix(" times its normal movement, since cycle 9.").rpartition(", ")
    assert said == f"Recall of 'c07' 0.50 to {value.value:.2f}"
    # Planted 30 movements down; what is normal is estimated from few cycles, and drawn towards its like.
    assert 10 < float(far) < 50
    assert finding.evidence["value"] == value.value
    assert finding.evidence["z"] < -3
    assert finding.evidence["strength"] >= 1


def test_a_class_raises_the_verdict():
    """The early warning is content; the class makes a narrowing of it, and its sentence stands first."""
    past = history([*WHOLE, *CLASSES], {CLASSES[7]: step(9, 20.0)})
    rules = [(name, rule.evaluate(past, {})) for name, rule in RULES.all().items() if rule.builtin]
    assert [name for name, _ in rules] == ["early_warning", "part_loss", "slice_narrowing"]
    verdicts = conclude(past, rules)
    assert [v.status for v in verdicts[7:11]] == ["healthy", "healthy", "healthy", "narrowing"]
    assert verdicts[12].message.startswith("Recall of 'c07' 0.5")
    assert ". Nothing else is narrowing; " in verdicts[12].message


@pytest.mark.parametrize(
    ("score", "told"),
    [
        (STILL, "Mean score is within its normal range."),
        (step(9, 20.0), "Mean score is down since cycle 9."),
        (None, "Mean score is not known."),
    ],
)
def test_the_alert_of_a_part_says_what_quality_did(score: list[float] | None, told: str):
    """The verdict says it once, the alert by itself too, which is read without the verdict."""
    keys = WHOLE if score else WHOLE[:-1]
    past = history([*keys, *CLASSES], {CLASSES[7]: step(9, 20.0), ("mean_score", None): score or STILL})
    rules = [(name, rule.evaluate(past, {})) for name, rule in RULES.all().items() if rule.builtin]
    verdict = conclude(past, rules)[12]
    alone = [f.message for name, f in verdict.findings if name == "part_loss"]
    assert [message.endswith(f", since cycle 9. {told}") for message in alone] == [True]
    assert verdict.message.lower().count("mean score") == 1


def test_a_class_that_comes_back_is_over():
    """At 12 all of it is missing, from 13 on nothing: over 12 to 14 a third and, here, a little by chance.

    That is more than .35 on the average of the three, and over 13 to 15 far less.
    """
    past = history([*WHOLE, *CLASSES], {CLASSES[7]: step(9, 20.0, until=13)})
    told = found("part_loss", past)
    assert [cycle for cycle, _ in told] == [10, 11, 12, 13, 14]
    over = [f.message.endswith(", since cycle 9; not over yet.") for _, f in told]
    assert over == [f.evidence["strength"] < 1 for _, f in told]
    assert over[-1]
    assert not over[0]


def test_a_slice_that_comes_back_says_that_it_is_not_over():
    past = history([*WHOLE, *SLICES], {(name, "task=t2"): step(9, 8.0, until=13) for name in VOTERS})
    told = [f for _, f in found("slice_narrowing", past)]
    over = [f.message.endswith("; narrowing since cycle 9 is not over yet.") for f in told]
    assert over == [f.evidence["strength"] < 1 for f in told]
    assert set(over) == {True, False}


def test_one_odd_cycle_of_a_class_is_no_loss():
    past = history([*WHOLE, *CLASSES], {CLASSES[7]: step(9, 40.0, until=10)})
    assert found("part_loss", past) == []


@pytest.mark.parametrize("carry", [0.0, 0.8])
def test_sixty_healthy_classes_are_left_alone(carry: float):
    """Also where half of their sampling noise is carried over."""
    keys = [*WHOLE, *((("class_recall", f"class:c{i}")) for i in range(60))]
    for seed in range(4):
        assert found("part_loss", history(keys, {}, seed, carry=carry, noise=0.0)) == []


def test_a_class_that_is_never_right_again_is_unlike_one_that_cannot_be_measured():
    """Without prompts of the class there is no value, so nothing is said of it."""
    past = history([*WHOLE, *CLASSES], {})
    own = {key: list(t.values) for key, t in past.trends.items()}
    own[CLASSES[3]][9:] = [None] * 11
    assert found("part_loss", planted.made(own, past.standings)) == []


@pytest.mark.parametrize(
    ("metric", "part"), [("tail_coverage", "mode:4"), ("phrasing_survival", "phrasing:x")]
)
def test_a_kind_of_output_or_a_phrasing_makes_a_watch(metric: str, part: str):
    others: list[Key] = [(metric, part.split(":")[0] + f":{i}") for i in range(8)]
    past = history([*WHOLE, *others, (metric, part)], {(metric, part): step(9, 25.0)})
    findings = found("part_loss", past)
    assert {(f.slice, f.severity) for _, f in findings} == {(part, "watch")}


# What the early warning says is going


def test_the_verdict_names_what_is_going_the_lowest_first():
    """All voters and two classes fall: three sentences at most of a kind, each with then and now."""
    moved = {**dict.fromkeys(WHOLE[:-1], step(9, 12.0)), CLASSES[7]: step(9, 15.0), CLASSES[2]: step(9, 30.0)}
    past = history([*WHOLE, *CLASSES], moved)
    said = RULES.get("early_warning").evaluate(past, {})
    assert "Going" not in said[8].message
    gone = said[11].message.split("Going: ")[1].split("; ")
    assert gone[0].startswith("recall of 'c02' 0.5")
    assert gone[1].startswith("recall of 'c07' 0.5")
    assert len(gone) <= going.MOST


def test_the_verdict_names_the_slices_of_the_metric_that_leads():
    slices: list[Key] = [(name, f"task=t{i}") for i in range(3) for name in VOTERS]
    moved = {("distinct_1", None): step(9, 20.0), ("distinct_1", "task=t1"): step(9, 30.0)}
    said = RULES.get("early_warning").evaluate(history([*WHOLE, *slices], moved), {})
    assert "Going: task=t1, " in said[11].message
    assert "task=t0" not in said[11].message


def test_every_kind_has_a_name_for_its_parts():
    past = history([("class_recall", "class:a b"), ("tail_coverage", "mode:3")], {})
    assert [[t.slice for t in going.parts(past, kind)] for kind in KINDS] == [["class:a b"], ["mode:3"], []]
    assert KINDS[0].part(past.trends["class_recall", "class:a b"]) == "a b"


# Slices

SLICES: list[Key] = [(name, f"task=t{i}") for i in range(4) for name in VOTERS]


@pytest.mark.parametrize("seed", range(3))
def test_a_slice_that_narrows_alone_is_named(seed: int):
    moved = {(name, "task=t2"): step(9, 8.0) for name in VOTERS}
    past = history([*WHOLE, *SLICES], moved, seed)
    assert named("slice_narrowing", past) == {"task=t2": 10}
    _, finding = found("slice_narrowing", past)[0]
    assert (finding.severity, finding.since) == ("narrowing", 9)
    assert finding.message.endswith(" times its normal movement; narrowing since cycle 9.")
    assert finding.evidence["strength"] >= 1
    assert " of task=t2 is " in finding.message


def test_slices_that_stand_still_are_left_alone():
    for seed in range(5):
        assert found("slice_narrowing", history([*WHOLE, *SLICES], {}, seed)) == []


def test_a_slice_with_too_few_outputs_is_not_judged():
    moved = {(name, "task=t2"): step(9, 20.0) for name in VOTERS}
    assert found("slice_narrowing", history([*WHOLE, *SLICES], moved, n=49)) == []


def test_a_slice_that_comes_later_changes_nothing_said_before():
    """A line divided by slices that were not there yet would be higher."""
    moved = {(name, "task=t2"): step(9, 4.0) for name in VOTERS}
    past = history([*WHOLE, *SLICES], moved)
    own = {key: list(t.values) for key, t in past.trends.items()}
    late = {
        (name, f"late={i}"): [*[None] * 14, *own[name, "task=t0"][14:]] for name in VOTERS for i in range(30)
    }
    more = planted.made({**own, **late}, past.standings)
    assert found("slice_narrowing", more) == found("slice_narrowing", past)


def test_a_metric_that_only_a_slice_has():
    """As aggregates may come: tail recall of one language, of the whole nothing."""
    past = history([("tail_recall", "language=de")], {("tail_recall", "language=de"): step(9, 20.0)})
    assert list(named("slice_narrowing", past)) == ["language=de"]


def test_a_changed_evaluation_ends_what_was_said_of_parts():
    moved = {key: step(8, 30.0) for key in [CLASSES[7], *((name, "task=t2") for name in VOTERS)]}
    past = planted.split(history([*WHOLE, *CLASSES, *SLICES], moved), 12)
    for name in ("part_loss", "slice_narrowing"):
        assert [cycle for cycle, _ in found(name, past)] == [9, 10, 11], name
