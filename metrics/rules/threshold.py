"""A user's own line: a statistic of one metric above or below a number, for so many cycles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from metrics import panel
from metrics.core import Finding, History, Judgement, MetricValue, TailwatchError, Trend, rule

STATISTICS = {
    "value": "value",
    "pct_baseline": "% of its baseline",
    "pct_previous": "% of the cycle before",
    "z": "normal movements from its baseline, corrected",
}
MOST_CYCLES = 100
CHOICES = {
    "statistic": tuple(STATISTICS),
    "comparator": ("above", "below"),
    "severity": ("watch", "narrowing", "collapse"),
    "evidence": ("point", "interval"),
}
DEFAULTS: dict[str, Any] = {"statistic": "value", "for_cycles": 1, "severity": "watch", "evidence": "point"}


def checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """Complete a rule's options, or say in one sentence what is wrong with them."""
    full = {**DEFAULTS, **{k: v for k, v in options.items() if v is not None}}
    for name, allowed in CHOICES.items():
        if full.get(name) not in allowed:
            raise TailwatchError(
                f"A rule's {name} is one of {', '.join(allowed)};", f"got '{full.get(name)}'."
            )
    try:
        line, cycles = float(full["line"]), float(full["for_cycles"])
    except (KeyError, TypeError, ValueError):
        raise TailwatchError("A rule needs a line: a number above or below which it fires.") from None
    if not math.isfinite(line):
        raise TailwatchError("A rule's line is a finite number;", f"got {line}.")
    if not 1 <= cycles <= MOST_CYCLES or cycles != int(cycles):
        raise TailwatchError(f"A rule holds for 1 to {MOST_CYCLES} cycles;", f"got {cycles:g}.")
    part = full.get("slice")
    if part is not None and "=" not in str(part):
        raise TailwatchError("A slice is given as NAME=VALUE;", f"got '{str(part)[:40]}'.")
    full["line"], full["for_cycles"] = line, int(cycles)
    return full


@rule("threshold", "Threshold")
def threshold(history: History, options: Mapping[str, Any]) -> Sequence[Judgement]:
    """Fires when a statistic of one metric is beyond a line for so many cycles in a row.

    Options: metric, slice (absent: the whole), statistic (value, pct_baseline, pct_previous, z), comparator
    (above, below), line, for_cycles, severity, evidence (point, or the whole interval beyond the line; for
    the interval of value, pct_baseline and pct_previous). Speaks once the baseline stands.
    """
    spec = checked(options)
    trend = history.trends.get((spec["metric"], spec.get("slice")))
    low: list[int] = []
    judgements = []
    for position, standing in enumerate(history.standings):
        speaks = panel.speaks(standing) and not standing.opens_segment
        number = _statistic(history, trend, position, spec) if trend and speaks else None
        beyond = number is not None and _beyond(number, spec)
        low = [*low, standing.cycle] if beyond else []
        found: tuple[Finding, ...] = ()
        if trend and number is not None and len(low) >= spec["for_cycles"]:
            found = (_finding(trend, number, low, spec),)
        judgements.append(Judgement(standing.cycle, found))
    return judgements


def _beyond(number: float, spec: Mapping[str, Any]) -> bool:
    return bool(number > spec["line"] if spec["comparator"] == "above" else number < spec["line"])


def _statistic(history: History, trend: Trend, position: int, spec: Mapping[str, Any]) -> float | None:
    value, now = trend.values[position], None
    if value is not None and value.status == "ok":
        now = value.value
        if spec["evidence"] == "interval":
            now = value.low if spec["comparator"] == "above" else value.high
    if value is None or now is None:
        return None
    if spec["statistic"] == "value":
        return now
    segment = history.standings[position].segment
    past = [i for i in range(position) if history.standings[i].segment == segment]
    if spec["statistic"] == "z":
        z = panel.scores(history, [trend])[0][position]
        # Turned back, so that a line under 0 always means less than the baseline.
        return None if z is None else (-z if trend.metric.healthy == "low" else z)
    others = trend.baselines[position] if spec["statistic"] == "pct_baseline" else _last(trend, past)
    known = [v.value for v in others if v.value is not None]
    base = sum(known) / len(known) if known else 0.0
    return 100 * now / base if base else None


def _last(trend: Trend, past: Sequence[int]) -> list[MetricValue]:
    before = trend.values[past[-1]] if past else None
    return [before] if before is not None else []


def _finding(trend: Trend, number: float, low: Sequence[int], spec: Mapping[str, Any]) -> Finding:
    where = f" of {trend.slice}" if trend.slice else ""
    lasting = f" for {len(low)} cycles running" if len(low) > 1 else ""
    what = "" if spec["statistic"] == "value" else f" {STATISTICS[spec['statistic']]}"
    text = (
        f"{trend.metric.label}{where} is {number:.3g}{what}, {spec['comparator']} your line of"
        f" {spec['line']:g}{lasting}."
    )
    evidence = {"number": number, "line": spec["line"], "statistic": spec["statistic"]}
    return Finding(spec["severity"], trend.metric.name, trend.slice, low[0], text, evidence)
