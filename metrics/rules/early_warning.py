"""The built-in early warning: narrowing, before the mean score drops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from metrics import going, narrowing, panel
from metrics.core import Finding, History, Judgement, Severity, Trend, rule
from metrics.deviations import Deviation
from metrics.missing import missing
from metrics.narrowing import Reading

NORMAL, NOT_KNOWN = "mean score is within its normal range", "mean score is not known"
NOTHING = "Nothing is"


@rule("early_warning", "Early warning", builtin=True)
def early_warning(history: History, options: Mapping[str, Any]) -> Sequence[Judgement]:
    """Says that a lineage is narrowing, from the metrics that vote, all together.

    For each metric: how unusual it is that its last 2, 3 or 5 cycles all lie as low as they do. One odd cycle
    does not make two of one beside it that is low by chance: a cycle more than twice as low as any other of
    its run counts in part in it, three times as low not at all, until the next shows whether that lasts. What
    is less usual than 1 in 25 is added up over the metrics, and it rings where a healthy lineage of as many
    metrics, moving as much alike, would ring in 1 of 400 cycles for each of the three lengths; in 1 of 3,200
    where much of what moves them is noise between retrainings. `watch`: one metric 2.75 normal movements
    under its baseline, once, or a metric that cannot be measured any more. `collapse`: narrowing, and for
    three cycles a metric has lost a fifth, with its 90 % interval beyond a tenth, or mean score is down by
    the same test and has lost a twentieth. It is over when three cycles running no more than 35 % of what was
    lost is still missing. Mean score never makes a narrowing, only a collapse; its line is drawn by what the
    voting metrics say of noise, too. Where outputs of several retrains of a cycle are given (`seed`), what
    these differ by counts as normal beside what cycles differ by.

    Limits: what it keeps and misses is measured by the benchmark of lead time; see the method page. A
    lineage whose retrains are both unsteady and started from the last cycle's weights wanders so far that
    healthy series are flagged too, somewhat fewer with replicate seeds. A single metric that falls at once
    just after the baseline raises its own noise estimate and is seen late.
    """
    whole = {name: t for (name, part), t in history.trends.items() if part is None}
    readings = narrowing.read(history.standings, panel.voters(history), whole.get("mean_score"))
    leads = {i: r.about for i, r in enumerate(readings) if r.about is not None}
    on = tuple(i for i, r in enumerate(readings) if r.lead is not None)
    gone = going.going(history, on, leads)
    return [_judgement(history, i, r, whole, gone.get(i, [])) for i, r in enumerate(readings)]


def _judgement(
    history: History, position: int, reading: Reading, trends: Mapping[str, Trend], gone: Sequence[str]
) -> Judgement:
    message = _message(history, position, reading, trends) + _lost(history, position, reading, trends)
    message += f" Going: {'; '.join(gone)}." if gone else ""
    return Judgement(
        reading.cycle,
        _findings(reading, message),
        reading.status,
        reading.quality,
        reading.since,
        reading.quality_since,
        message,
    )


def _findings(reading: Reading, message: str) -> tuple[Finding, ...]:
    if reading.status not in ("watch", "narrowing", "collapse"):
        return ()
    severity: Severity = reading.status
    voters = reading.voters
    since = reading.since if reading.since is not None else reading.cycle
    return (Finding(severity, _lead(reading, voters), None, since, message, _evidence(reading, voters)),)


def _lead(reading: Reading, voters: Mapping[str, Deviation]) -> str:
    """The metric that a finding is about."""
    if reading.lead:
        return reading.lead
    if reading.silent and not any(d.z <= narrowing.WATCH_LINE for d in voters.values()):
        return reading.silent[0]
    return min(voters, key=lambda name: voters[name].z)


def _evidence(reading: Reading, voters: Mapping[str, Deviation]) -> dict[str, Any]:
    rows = [
        {
            "metric": name,
            "z": round(d.z, 3),
            "run": round(d.run, 3),
            "change": round(d.change, 4),
            "value": d.value,
            "baseline": d.baseline,
            "noise": round(d.noise, 4),
        }
        for name, d in sorted(voters.items(), key=lambda item: item[1].z)
    ]
    strength = None if reading.strength is None else round(reading.strength, 3)
    return {"strength": strength, "about": reading.about, "metrics": rows}


def _message(history: History, position: int, reading: Reading, trends: Mapping[str, Trend]) -> str:
    if reading.status == "learning":
        lacks, quality = missing(history, position), _quality(reading)
        return lacks if reading.quality == "unknown" else f"{lacks} {quality[0].upper()}{quality[1:]}."
    if reading.status == "not_comparable":
        note = history.standings[position].note
        return f"Cycle {reading.cycle} cannot be compared: {note}. A new baseline starts here."
    if reading.status == "healthy":
        return f"{NOTHING} narrowing; {_quality(reading)}."
    voters = reading.voters
    if reading.status == "watch":
        name = _lead(reading, voters)
        if name in reading.silent:
            return f"What was measured before cannot be measured now; {_quality(reading)}."
        return f"{_low(trends[name], voters[name])}, once; the next cycle will tell; {_quality(reading)}."
    about = reading.about
    if about is None:
        return f"Narrowing since cycle {reading.since}; {_quality(reading)}."
    low = reading.low or tuple(n for n, d in voters.items() if d.z <= narrowing.METRIC_LINE)
    # Where nothing is as low any more, what was lost is spoken of until it is over.
    fades = not any(d.z <= narrowing.METRIC_LINE for d in voters.values())
    over = " is not over yet" if fades and (reading.strength or 0.0) < 1 else ""
    since = f"narrowing since cycle {reading.since}{over}"
    others = _others([n for n in low if n != about], voters, trends)
    return f"{_low(trends[about], voters[about])}; {since}; {_quality(reading)}.{others}"


def _others(names: Sequence[str], voters: Mapping[str, Deviation], trends: Mapping[str, Trend]) -> str:
    """What is low beside the first, and what stays on the low side of its normal range, which adds up."""
    low = [n for n in names if voters[n].z <= narrowing.METRIC_LINE]
    parts = ((" Also low", low), (" On the low side", [n for n in names if n not in low]))
    return "".join(
        f"{said}: {', '.join(trends[n].metric.label.lower() for n in own)}." for said, own in parts if own
    )


def _lost(history: History, position: int, reading: Reading, trends: Mapping[str, Trend]) -> str:
    """What cannot be measured any more, and why: outputs that say nothing narrow nothing."""
    gone = [trends[name] for name in reading.silent]
    if not gone:
        return ""
    value = gone[0].values[position]
    why = (value.note if value else None) or ""
    return f" Not measurable any more: {', '.join(t.metric.label for t in gone)} ({why.rstrip('.')})."


def _low(trend: Trend, d: Deviation) -> str:
    side = "below" if d.change < 0 else "above"
    lies = f"{abs(d.change):.0%} {side} its baseline of {d.baseline:.3g}"
    return f"{trend.metric.label} is {lies}, {d.against_normal}"


def _quality(reading: Reading) -> str:
    score = reading.deviations.get("mean_score")
    if reading.quality == "unknown" or score is None:
        return NOT_KNOWN
    if reading.quality == "dropped":
        lost = abs(score.change)
        shown = f"{lost:.1%}" if lost < 0.0095 else f"{lost:.0%}"
        return f"mean score is down {shown} since cycle {reading.quality_since}"
    return NORMAL
