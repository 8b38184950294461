"""The terms of a user's rule: what it watches, by which statistic, against which line, and how it is said."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, get_args

from metrics.core import METRICS, SEVERITIES, Family, TailwatchError
from metrics.figures import STATISTICS, Figure

ALL_VOTERS = "voters"
MOST_CYCLES = 100
FEWEST_WINDOW = 3
WINDOW = 5
DEFAULTS: Mapping[str, Any] = {
    "statistic": "value", "for_cycles": 1, "severity": "watch", "evidence": "point", "window": WINDOW,
}  # fmt: skip
COMPARATORS, EVIDENCE = ("below", "above"), ("point", "interval")


def checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """Complete a rule's options, or say in one sentence what is wrong with them.

    Options: metric, or family for a statistic of several metrics ('voters' for all that vote); slice
    (absent: the whole); statistic; window (cycles that a slope looks back on); comparator; line; for_cycles;
    severity; evidence.
    """
    full = {**DEFAULTS, **{k: v for k, v in options.items() if v is not None}}
    choices = {
        "statistic": tuple(STATISTICS.all()), "comparator": COMPARATORS, "severity": SEVERITIES,
        "evidence": EVIDENCE,
    }  # fmt: skip
    for name, allowed in choices.items():
        if full.get(name) not in allowed:
            found = f"got '{full[name]}'." if name in full else "none is given."
            raise TailwatchError(f"A rule's {name} is one of {', '.join(allowed)};", found)
    full["line"] = _line(full.get("line"))
    full["for_cycles"] = _count(full["for_cycles"], 1, "A rule holds for")
    full["window"] = _count(full["window"], FEWEST_WINDOW, "A slope looks back on")
    part = str(full.get("slice", "a=b"))
    if "=" not in part and ":" not in part:
        raise TailwatchError("A slice is given as NAME=VALUE or class:NAME;", f"got '{part[:40]}'.")
    return _watching(full)


def _watching(full: dict[str, Any]) -> dict[str, Any]:
    """Leave only what the statistic is of: one metric or a family, and a window where it looks back."""
    statistic = STATISTICS.get(full["statistic"])
    full.pop("metric" if statistic.of == "family" else "family", None)
    if not statistic.looks_back:
        del full["window"]
    if statistic.of == "metric" and not full.get("metric"):
        raise TailwatchError("A rule needs a metric to watch;", "none is named.")
    if statistic.of == "family" and full.get("family") not in (several := families()):
        found = f"got '{full['family']}'." if full.get("family") else "none is named."
        raise TailwatchError(f"The {statistic.name} is of {', '.join(several)};", found)
    return full


def families() -> tuple[str, ...]:
    """What can be judged together: all voters, and the families that have some."""
    voting = {m.family for m in METRICS.all().values() if m.votes}
    return (ALL_VOTERS, *(name for name in get_args(Family) if name in voting))


def _line(given: Any) -> float:
    try:
        line = float(given)
    except (TypeError, ValueError):
        raise TailwatchError("A rule needs a line: a number above or below which it fires.") from None
    if not math.isfinite(line):
        raise TailwatchError("A rule's line is a finite number;", f"got {line}.")
    return line


def _count(given: Any, least: int, what: str) -> int:
    try:
        count = float(given)
    except (TypeError, ValueError):
        count = math.nan
    if not least <= count <= MOST_CYCLES or count != int(count):
        raise TailwatchError(f"{what} {least} to {MOST_CYCLES} cycles;", f"got {str(given)[:40]}.")
    return int(count)


def in_words(terms: Mapping[str, Any], part: Callable[[str], str] = str) -> str:
    """Checked terms as a sentence; `part` says how a slice is called."""
    statistic = STATISTICS.get(terms["statistic"])
    whole = "the whole 95 % interval of " if terms["evidence"] == "interval" else ""
    line = statistic.says.format(f"{terms['line']:g}")
    return (
        f"{terms['severity'].capitalize()} when {whole}{subject(terms, part)} is {terms['comparator']}"
        f" {line}{lasting(terms['for_cycles'])}."
    )


def said(terms: Mapping[str, Any], figure: Figure) -> str:
    """What a figure came to beside the line."""
    number = STATISTICS.get(terms["statistic"]).says.format(digits(figure.point))
    ends = f" (95 % interval {digits(figure.ends[0])} to {digits(figure.ends[1])})" if figure.ends else ""
    what = subject(terms)
    return (
        f"{what[0].upper()}{what[1:]} is {number}{ends}, {terms['comparator']} your line of {terms['line']:g}"
    )


def subject(terms: Mapping[str, Any], part: Callable[[str], str] = str) -> str:
    """What has the number that is compared with the line."""
    statistic = STATISTICS.get(terms["statistic"])
    of = f" of {part(terms['slice'])}" if terms.get("slice") else ""
    over = f" over {terms['window']} cycles" if statistic.looks_back else ""
    return statistic.subject.format(f"{watched(terms)}{of}") + over


def watched(terms: Mapping[str, Any]) -> str:
    """The metric, or the metrics that are judged together."""
    if "metric" in terms:
        known = METRICS.all().get(terms["metric"])
        return known.label if known else str(terms["metric"])
    family = terms["family"]
    return "all metrics that vote" if family == ALL_VOTERS else f"the {family} metrics that vote"


def lasting(cycles: int) -> str:
    """' for 3 cycles running', or nothing for one."""
    return f" for {cycles} cycles running" if cycles > 1 else ""


def digits(value: float) -> str:
    """Three significant digits, and no exponent for large numbers.

    >>> digits(0.12345), digits(1234.5)
    ('0.123', '1,234')
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
