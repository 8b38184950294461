"""The product's own early warning, as it stands."""

from metrics.core import RULES, Judgement, Severity, Status
from tests.benchmarks.lead_time.contenders import On, Series, contender

ALARMS: tuple[Severity, ...] = ("narrowing", "collapse")


def _first(series: Series) -> list[Judgement]:
    return list(RULES.get("early_warning").evaluate(series.history, {}))


def statuses(series: Series) -> list[Status]:
    """What it says after each cycle."""
    return [said.status or "healthy" for said in _first(series)]


def _alarms(said: Judgement) -> bool:
    return said.status in ALARMS or any(f.severity in ALARMS for f in said.findings)


@contender("ours", "Tailwatch", knows_borders=True, statuses=statuses)
def alarms(series: Series, on: On = "voters") -> list[int]:
    """The early warning says narrowing or collapse, of the whole or of any class or slice.

    An alert of one class or slice is an alert that somebody gets: every built-in rule counts. Parameters and
    lines are the product's own. On mean score: it says that quality has dropped, which it judges by the same
    rule. A worked example is the test in which everything falls at cycle 8. It knows borders.
    """
    if on == "score":
        return [j.cycle for j in _first(series) if j.quality == "dropped"]
    every = [each.evaluate(series.history, {}) for each in RULES.all().values() if each.builtin]
    return sorted({j.cycle for said in every for j in said if _alarms(j)})
