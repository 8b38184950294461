"""From what the rules say, cycle by cycle, to one verdict per cycle and to alert episodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from metrics.core import RULES, SEVERITIES, Finding, History, Judgement, Status
from metrics.doubts import Doubts
from metrics.rules.early_warning import NORMAL, NOT_KNOWN, NOTHING
from metrics.store import Alert, UserRule, Verdict

UNJUDGED = ("learning", "not_comparable")
NOTHING_ELSE = "Nothing else is"
Said = Sequence[tuple[str, Sequence[Judgement]]]


def judged(history: History, rules: Sequence[UserRule]) -> list[Verdict]:
    """One verdict per cycle: what the built-in rules say, and the user's rules beside them."""
    # In order of their names; the early warning comes first and gives the status.
    said = [(name, each.evaluate(history, {})) for name, each in RULES.all().items() if each.builtin]
    for rule in rules:
        said.append((f"{rule.kind}:{rule.id}", RULES.get(rule.kind).evaluate(history, rule.options)))
    return conclude(history, said)


def conclude(history: History, said: Said) -> list[Verdict]:
    """Join what the rules say of each cycle; the first rule gives the status, the others may raise it."""
    verdicts: list[Verdict] = []
    doubts = Doubts(history)
    for position, standing in enumerate(history.standings):
        if standing.cycle < 0:
            continue  # lent by a control lineage, which has verdicts of its own
        base = said[0][1][position]
        findings = tuple((name, f) for name, each in said for f in each[position].findings)
        status, message, since = _worst(base, findings)
        findings = tuple((name, _with_quality(name, f, base)) for name, f in findings)
        message = " ".join([message, *doubts.after(position, verdicts[-1] if verdicts else None)])
        verdicts.append(
            Verdict(
                base.cycle, status, base.quality or "unknown", since, base.quality_since, message, findings
            )
        )
    return verdicts


def _worst(base: Judgement, findings: Sequence[tuple[str, Finding]]) -> tuple[Status, str, int | None]:
    worst = max((f for _, f in findings), key=lambda f: SEVERITIES.index(f.severity), default=None)
    mine = base.status or "healthy"
    rank = SEVERITIES.index(mine) if mine in SEVERITIES else -1
    if worst is None or SEVERITIES.index(worst.severity) <= rank:
        return mine, base.message, base.since
    # The whole may stand still while a part goes: not both in one breath.
    beside = base.message if worst.severity == "watch" else base.message.replace(NOTHING, NOTHING_ELSE, 1)
    return worst.severity, f"{worst.message} {beside}", worst.since


def _with_quality(rule: str, finding: Finding, base: Judgement) -> Finding:
    """What a built-in rule says of one part, with what quality did: an alert is read without its verdict."""
    if finding.slice is None or rule not in RULES.all():
        return finding
    quality = _quality(base)
    return replace(finding, message=f"{finding.message} {quality[0].upper()}{quality[1:]}.")


def _quality(base: Judgement) -> str:
    if base.quality == "dropped":
        return f"mean score is down since cycle {base.quality_since}"
    return NORMAL if base.quality == "steady" else NOT_KNOWN


def episodes(lineage: str, verdicts: Sequence[Verdict], accepted: Sequence[int] = ()) -> list[Alert]:
    """Runs of cycles in which one rule keeps finding the same thing; a watch is an episode of its own.

    `accepted` are the first cycles of baselines that a person accepted: what is open there is closed.
    """
    open_now: dict[tuple[Any, ...], Alert] = {}
    closed: list[Alert] = []
    starts = sorted(accepted)
    for verdict in verdicts:
        while starts and starts[0] <= verdict.cycle:
            closed = [_accepted(alert, starts[0]) for alert in (*closed, *open_now.values())]
            open_now, starts = {}, starts[1:]
        if verdict.status in UNJUDGED and not verdict.findings:
            # Nothing can be said of this cycle, so an alert is neither over nor confirmed. Where a new
            # baseline is learned, it never will be: what was lost is the new normal, and the alert stays.
            if verdict.status == "learning":
                closed += [open_now.pop(key) for key in list(open_now)]
            continue
        found = {(rule, f.metric, f.slice, f.severity == "watch"): (rule, f) for rule, f in verdict.findings}
        for key in [k for k in open_now if k not in found]:
            closed.append(_ended(open_now.pop(key), verdict.cycle))
        for key, (rule, finding) in found.items():
            open_now[key] = _kept(open_now.get(key), lineage, rule, finding, verdict.cycle)
    return [*closed, *open_now.values()]


def _ended(alert: Alert, cycle: int) -> Alert:
    return replace(alert, resolved_cycle=cycle)


def _accepted(alert: Alert, cycle: int) -> Alert:
    over = alert.resolved_cycle is not None or alert.accepted_cycle is not None
    return alert if over else replace(alert, accepted_cycle=cycle)


def _kept(alert: Alert | None, lineage: str, rule: str, finding: Finding, cycle: int) -> Alert:
    first = cycle if alert is None else alert.first_cycle
    since = finding.since if alert is None else min(alert.since_cycle, finding.since)
    what = (finding.metric, finding.slice, finding.severity)
    return Alert(lineage, rule, *what, since, first, cycle, None, finding.message, finding.evidence)


def open_since(verdicts: Sequence[Verdict]) -> int | None:
    """The first cycle of the early warning's evidence that a lineage is narrowing now, else None.

    What users' own rules find is not asked: they are tried on noise, which is not to hang on them.
    """
    last = verdicts[-1].findings if verdicts else ()
    return next((f.since for rule, f in last if rule == "early_warning" and f.severity != "watch"), None)


def check_result(lineage: str, verdicts: Sequence[Verdict], accepted: Sequence[int] = ()) -> dict[str, Any]:
    """The verdict after the last of these cycles, as outside scripts read it; `accepted` as in `episodes`."""
    last = verdicts[-1]
    known = episodes(lineage, verdicts, accepted)
    alerts = [a for a in known if a.last_cycle == last.cycle]
    return {
        "lineage": lineage,
        "cycle": last.cycle,
        "status": last.status,
        "since_cycle": last.since,
        "message": last.message,
        "quality": {"status": last.quality, "since_cycle": last.quality_since},
        "alerts": [
            {
                "cycle": a.first_cycle,
                "severity": a.severity,
                "rule": a.rule,
                "metric": a.metric,
                "slice": a.slice,
                "message": a.message,
            }
            for a in sorted(alerts, key=lambda a: (a.first_cycle, a.rule, a.metric or ""))
        ],
        "last_healthy_cycle": _last_healthy(verdicts, known),
        "history": [{"cycle": v.cycle, "status": v.status, "quality": v.quality} for v in verdicts],
    }


def _last_healthy(verdicts: Sequence[Verdict], alerts: Sequence[Alert]) -> int | None:
    """The cycle to go back to: the last healthy one before the evidence of any narrowing that is not over."""
    standing = [a for a in alerts if a.resolved_cycle is None and a.accepted_cycle is None]
    since = [a.since_cycle for a in standing if a.severity != "watch"]
    healthy = [v.cycle for v in verdicts if v.status == "healthy" and all(v.cycle < s for s in since)]
    return healthy[-1] if healthy else None
