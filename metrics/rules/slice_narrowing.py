"""The built-in rule for slices that narrow by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from metrics.alarms import Alarm
from metrics.core import Finding, History, Judgement, rule
from metrics.panel import Cycles, Panel, segments, voters
from metrics.parts import is_own

# How often any healthy slice is over the line in one cycle; divided by the number of slices.
CHANCE = 0.0005


@rule("slice_narrowing", "Narrowing of a slice", builtin=True)
def slice_narrowing(history: History, options: Mapping[str, Any]) -> Sequence[Judgement]:
    """Says that one slice, such as a task or a language, narrows while the whole may hardly move.

    The test of the early warning on the voting metrics of each slice that has outputs enough, with a line
    divided by the number of slices (Bonferroni): a healthy lineage is over it, in any slice, in about 1 of
    2,000 cycles. Always a `narrowing`, whatever the loss: a collapse is one of the whole.
    """
    found: dict[int, list[Finding]] = {i: [] for i in range(len(history.standings))}
    names = _slices(history)
    for positions in segments(history.standings) if names else ():
        whole = Panel.of(voters(history), Cycles.of(history.standings, positions))
        panels = [whole.of_slice(voters(history, name)) for name in names]
        # Those that vote at a cycle share the chance: one that comes later changes nothing said before.
        voting = np.sum([each.votes.any(axis=0) for each in panels], axis=0)
        for name, each in zip(names, panels, strict=True):
            alarm = Alarm(each, each.joint(CHANCE / np.maximum(voting, 1)))
            for at in alarm.places():
                found[positions[at]].append(_finding(each, name, at, alarm))
    return [Judgement(s.cycle, tuple(found[i])) for i, s in enumerate(history.standings)]


def _slices(history: History) -> list[str]:
    """The slices, 'name=value', of which any metric is known, in order."""
    return sorted({part for _, part in history.trends if part is not None and is_own(part)})


def _finding(panel: Panel, name: str, at: int, alarm: Alarm) -> Finding:
    since, lead = alarm.cycle, alarm.lead
    assert since is not None
    assert lead is not None
    trend, d = panel.trends[lead], panel.deviation(lead, at)
    label = trend.metric.label
    said = f"{label} of {name} cannot be measured now" if d is None else (
        f"{label} of {name} is {abs(d.change):.0%} {'below' if d.change < 0 else 'above'} its baseline of"
        f" {d.baseline:.3g}, {d.against_normal}"
    )  # fmt: skip
    over = " is not over yet" if alarm.fades(at) else ""
    text, evidence = f"{said}; narrowing since cycle {since}{over}.", {"strength": alarm.strength(at)}
    return Finding("narrowing", trend.metric.name, name, since, text, evidence)
