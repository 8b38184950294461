"""What an alarm's message says of the cycles to come: when more will be lost if it goes on like this.

It is said of the metric that the early warning is about, and of mean score, which may follow; of these two
`tests/benchmarks/forecasts` measures how well it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from metrics.core import Finding, History
from metrics.forecasting import Forecast, forecast
from metrics.store import Verdict

RULE, ALARMS = "early_warning", ("narrowing", "collapse")
QUALITY = "mean_score"
BEGINS = "If it goes on as up to cycle"


def foretold(history: History, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The same verdicts, those of an alarm with what is foretold, each from its cycle and earlier ones."""
    places = {standing.cycle: i for i, standing in enumerate(history.standings)}
    return [_with(v, sentence(history, places[v.cycle], about(v))) for v in verdicts]


def about(verdict: Verdict) -> tuple[str, ...]:
    """The metrics of the whole that something is foretold of; none without an alarm of the early warning."""
    found = [led(f) for name, f in verdict.findings if name == RULE and f.severity in ALARMS]
    return (*(metric for metric in found if metric), QUALITY) if found else ()


def led(finding: Finding) -> str | None:
    """The metric that an alarm speaks of: the one that rang, or what is lower by now."""
    metric = finding.evidence.get("about") or finding.metric
    return None if metric is None else str(metric)


def sentence(history: History, position: int, metrics: Sequence[str]) -> str:
    """What the cycles up to one position say of some metrics of the whole; empty where that is nothing."""
    trends = [t for name in metrics if (t := history.trends.get((name, None))) is not None]
    each = (in_words(t.metric.label, forecast(history.standings, t, position)) for t in trends)
    known = " ".join(words for words in each if words)
    # With the cycle, since an alert that is over keeps its last message.
    return f"{BEGINS} {history.standings[position].cycle}: {known}" if known else ""


def in_words(label: str, found: Forecast | None) -> str:
    """What is said of one metric; empty where nothing can be, or all is lost already."""
    if found is None or found.loss is None or found.earliest is None:
        return ""
    low, following = f"be {found.loss:.0%} below its baseline", found.fan[0].cycle
    if found.likely == following:
        return f"{label} will more likely than not {low} with the next cycle."
    if found.earliest == following and found.likely is None:
        return f"When {label.lower()} will {low} cannot be bounded."
    begun = f"{label} will {low} not before cycle {found.earliest}"
    if found.earliest == following:
        begun = f"{label} may {low} with the next cycle"
    return (
        f"{begun}; by when cannot be bounded."
        if found.likely is None
        else (f"{begun}, more likely than not by {found.likely}.")
    )


def _with(verdict: Verdict, words: str) -> Verdict:
    """The verdict, and the finding of the early warning in it, with one sentence more."""
    if not words:
        return verdict
    findings = tuple(
        (name, replace(f, message=f"{f.message} {words}") if name == RULE else f)
        for name, f in verdict.findings
    )
    return replace(verdict, message=f"{verdict.message} {words}", findings=findings)
