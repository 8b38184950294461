"""The product's own early warning, as it stands."""

from metrics.core import RULES, Severity, Status
from metrics.judging import conclude
from metrics.store import Verdict
from tests.benchmarks.lead_time.contenders import On, Series, contender, once

ALARMS: tuple[Severity, ...] = ("narrowing", "collapse")


@once
def verdicts(series: Series) -> list[Verdict]:
    """What all built-in rules say together after each cycle, joined as for a user."""
    built_in = [each for each in RULES.all().values() if each.builtin]
    said = [(each.name, each.evaluate(series.history, {})) for each in built_in]
    return conclude(series.history, said)


def statuses(series: Series) -> list[Status]:
    """What it says after each cycle."""
    return [said.status for said in verdicts(series)]


@contender("ours", "Tailwatch", knows_borders=True, statuses=statuses)
def alarms(series: Series, on: On = "voters") -> list[int]:
    """The early warning says narrowing or collapse, of the whole or of any class or slice.

    An alert of one class or slice is an alert that somebody gets: every built-in rule counts. Parameters and
    lines are the product's own. On mean score: it says that quality has dropped, which it judges by the same
    rule. A worked example is the test in which everything falls at cycle 8. It knows borders.
    """
    if on == "score":
        return [said.cycle for said in verdicts(series) if said.quality == "dropped"]
    return [said.cycle for said in verdicts(series) if said.status in ALARMS]
