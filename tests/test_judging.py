"""From verdicts to alerts: what opens, stays and ends, and which cycle to go back to."""

from metrics.core import METRICS, RULES, Finding
from metrics.deviations import Deviation
from metrics.foretelling import about, foretold
from metrics.judging import check_result, episodes, judged
from metrics.narrowing import METRIC_LINE, Reading
from metrics.store import Verdict
from tests import planted


def said(*statuses):
    """One verdict per status, a narrowing with its finding since cycle 2."""
    verdicts = []
    for cycle, status in enumerate(statuses):
        low = status in ("watch", "narrowing", "collapse")
        found = (("early_warning", Finding(status, "distinct_1", None, 2, "low")),) if low else ()
        verdicts.append(Verdict(cycle, status, "steady", 2 if low else None, None, status, found))
    return verdicts


def test_an_alert_ends_with_the_first_cycle_that_does_not_confirm_it():
    (alert,) = episodes("l", said("healthy", "healthy", "narrowing", "collapse", "healthy"))
    assert (alert.first_cycle, alert.last_cycle, alert.resolved_cycle, alert.severity) == (
        2,
        3,
        4,
        "collapse",
    )


def test_a_single_cycle_that_cannot_be_compared_ends_nothing():
    (alert,) = episodes("l", said("healthy", "healthy", "narrowing", "not_comparable", "narrowing"))
    assert (alert.first_cycle, alert.last_cycle, alert.resolved_cycle) == (2, 4, None)


def test_a_new_baseline_does_not_resolve_what_was_lost_before_it():
    """The collapsed model is the new normal: the alert stays, and no cycle since is one to go back to."""
    verdicts = said("healthy", "healthy", "narrowing", "not_comparable", *["learning"] * 4, "healthy")
    (alert,) = episodes("l", verdicts)
    assert (alert.last_cycle, alert.resolved_cycle) == (2, None)
    assert check_result("l", verdicts)["last_healthy_cycle"] == 1


def test_after_a_resolved_alert_healthy_cycles_count_again():
    verdicts = said("healthy", "healthy", "narrowing", "healthy")
    assert check_result("l", verdicts)["last_healthy_cycle"] == 3
    assert check_result("l", verdicts[:3])["last_healthy_cycle"] == 1


def test_a_watch_is_an_episode_of_its_own():
    both = episodes("l", said("healthy", "healthy", "watch", "narrowing"))
    assert [(a.severity, a.first_cycle) for a in both] == [("watch", 2), ("narrowing", 3)]


def test_what_a_person_accepts_is_closed_and_holds_nothing_back():
    """A baseline accepted from cycle 4 on: the alert is over by a person's word, not by itself."""
    verdicts = said("healthy", "healthy", "narrowing", "narrowing", *["learning"] * 4, "healthy")
    (alert,) = episodes("l", verdicts, accepted=[4])
    assert (alert.last_cycle, alert.resolved_cycle, alert.accepted_cycle) == (3, None, 4)
    assert check_result("l", verdicts, accepted=[4])["last_healthy_cycle"] == 8


def test_an_alert_left_open_by_a_changed_evaluation_can_be_accepted_later():
    verdicts = said("healthy", "healthy", "narrowing", "not_comparable", *["learning"] * 8, "healthy")
    (alert,) = episodes("l", verdicts, accepted=[8])
    assert alert.accepted_cycle == 8
    assert check_result("l", verdicts, accepted=[8])["last_healthy_cycle"] == 12


def test_a_baseline_accepted_before_an_alert_does_not_close_it():
    (alert,) = episodes("l", said("healthy", "healthy", "narrowing", "narrowing"), accepted=[1])
    assert alert.accepted_cycle is None


def test_low_is_what_the_evidence_calls_low_and_the_rest_of_a_run_is_on_the_low_side():
    """Each voter falls further than the one before: the last are low, the first on the low side of normal."""
    falls = {m.name: [0.0] * 8 + [2.0 + 0.6 * i] * 12 for i, m in enumerate(planted.voters())}
    past = planted.history(falls, seed=3)
    spoken = RULES.get("early_warning").evaluate(past, {})
    first = next(j for j in spoken if j.status == "narrowing")
    rows = first.findings[0].evidence["metrics"]
    labels = {METRICS.get(row["metric"]).label.lower(): row["z"] for row in rows}
    parts = dict(part.split(": ") for part in first.message.rstrip(".").split(". ")[1:])
    low, side = (parts[name].split(", ") for name in ("Also low", "On the low side"))
    assert all(labels[name] <= METRIC_LINE for name in low)
    assert all(labels[name] > METRIC_LINE for name in side)


def test_an_alarm_speaks_of_what_is_low_now():
    """One metric rings it and comes back at 11; another goes on falling. The alert stays the same one."""
    first, other = [m.name for m in planted.voters()][:2]
    falls = {first: [0.0] * 8 + [9.0] * 3 + [0.5] * 9, other: [0.0] * 8 + [6.0] * 3 + [9.0] * 9}
    past = planted.history(falls, seed=1)
    spoken = {j.cycle: j for j in RULES.get("early_warning").evaluate(past, {})}
    for cycle, name in ((9, first), (19, other)):
        (finding,) = spoken[cycle].findings
        assert finding.metric == first
        assert finding.evidence["about"] == name
        assert finding.message.startswith(METRICS.get(name).label)
    said = foretold(past, judged(past, []))[-1]
    assert about(said) == (other, "mean_score")


def test_what_lies_half_as_low_is_still_spoken_of():
    """Nothing else would say how the lead goes on when two are about as low."""

    def reading(lead: float, lowest: float) -> str | None:
        far = {"a": lead, "b": lowest, "c": -0.1}
        found = {n: Deviation(z, z, -0.1, -0.05, 0.9, 1.0, 0.02, votes=True) for n, z in far.items()}
        return Reading(9, "narrowing", "steady", 8, lead="a", deviations=found).about

    assert reading(-3.0, -5.0) == "a"
    assert reading(-2.0, -5.0) == "b"
    assert reading(-0.5, -2.0) == "a", "nothing is low: what was lost is spoken of"


def test_an_alarm_that_fades_speaks_of_what_was_lost_until_it_is_over():
    """All fall at 8 and are back at 12: until it is over, headline and evidence are of one metric."""
    falls = {m.name: [0.0] * 8 + [8.0] * 4 + [0.0] * 8 for m in planted.voters()}
    spoken = RULES.get("early_warning").evaluate(planted.history(falls, seed=1), {})
    standing = [j for j in spoken if j.status in ("narrowing", "collapse")]
    assert standing[-1].cycle >= 12
    for each in standing:
        metric = each.findings[0].metric
        assert metric is not None
        assert each.message.startswith(METRICS.get(metric).label)
        fades = " narrowing since cycle 8 is not over yet; " in each.message
        assert fades == (each.findings[0].evidence["strength"] < 1)
    assert fades
