"""The built-in rule for single classes, kinds of output and phrasings that are going."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from metrics import panel, runs
from metrics.alarms import Alarm
from metrics.core import Finding, History, Judgement, Severity, rule
from metrics.going import KINDS, Kind, parts
from metrics.panel import Cycles, Panel, segments
from metrics.parts import CLASS, MODE, PHRASING

# How often any healthy part of a kind is over the line in one cycle, where retrains are steady. Chosen on
# tuning seeds.
CHANCES: Mapping[str, float] = {CLASS: 0.0003, MODE: 0.001, PHRASING: 0.001}
# A class that goes is a narrowing. Kinds of output and phrasings come and go with the prompts of the day.
SEVERITIES: Mapping[str, Severity] = {CLASS: "narrowing", MODE: "watch", PHRASING: "watch"}


@rule("part_loss", "Loss of a class, a kind of output or a phrasing", builtin=True)
def part_loss(history: History, options: Mapping[str, Any]) -> Sequence[Judgement]:
    """Says that one class, kind of output or phrasing is going while the whole may hardly move.

    Each part has a normal movement of its own, drawn towards that of its like, and is judged by its runs of
    2, 3 and 5 low cycles as the early warning judges metrics. The line is divided by the number of parts
    (Bonferroni): among all classes together a healthy lineage is over it in 3 of 10,000 cycles, and in an
    eighth of these where much of what moves the parts is noise between retrainings. A class makes a
    `narrowing`; a kind of output or a phrasing makes a `watch`, since these also come and go with what people
    ask. It is over when over three cycles no more than 35 % of what was lost is still missing.

    Limits: a class of few prompts has to fall far and long. One that is wholly gone rings in its second cycle
    where it has 20 prompts, in its third where it has 12 and was mostly right; below that about half ring
    within five cycles, and the rarest only are named beside an alarm of the whole. What the eval set could
    see is shown by `tailwatch plan`.
    """
    found: dict[int, list[Finding]] = {i: [] for i in range(len(history.standings))}
    for positions in segments(history.standings):
        cycles = Cycles.of(history.standings, positions)
        held = panel.held(history, cycles)
        for kind in KINDS:
            each = Panel.of_alike(parts(history, kind), cycles, held)
            for at, finding in _losses(each, kind):
                found[positions[at]].append(finding)
    return [Judgement(s.cycle, tuple(found[i])) for i, s in enumerate(history.standings)]


def _losses(each: Panel, kind: Kind) -> list[tuple[int, Finding]]:
    joints = runs.apart(each.runs, each.votes, CHANCES[kind.prefix] * runs.rarer(each.retrained))
    alarms = [Alarm(each, joint, only=i) for i, joint in enumerate(joints)]
    return [(at, _finding(kind, i, at, a)) for i, a in enumerate(alarms) for at in a.places()]


def _finding(kind: Kind, i: int, at: int, alarm: Alarm) -> Finding:
    trend, d, since = alarm.panel.trends[i], alarm.panel.deviation(i, at), alarm.cycle
    assert since is not None
    said = kind.sentence(alarm.panel, i, at) or f"{kind.says.format(kind.part(trend))} cannot be measured now"
    far = f", {d.against_normal}" if d else ""
    over = "; not over yet" if alarm.fades(at) else ""
    text = f"{said[0].upper()}{said[1:]}{far}, since cycle {since}{over}."
    evidence: dict[str, Any] = {"strength": alarm.strength(at)}
    if d:
        evidence |= {"z": round(d.z, 3), "run": round(d.run, 3), "value": d.value, "baseline": d.baseline}
    return Finding(SEVERITIES[kind.prefix], kind.metric, trend.slice, since, text, evidence)
