"""The tables as a person reads them: one for each regime of each setting of each world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from metrics.lead_time import Pair, Row

COLUMNS = (
    "rule",
    "series",
    "false alarms (95 %)",
    "not judged",
    "said collapse",
    "settled",
    "detected (95 %)",
    "median delay",
    "lead over its own rule on score (95 %)",
    "score silent",
    "resolved",
    "let go",
)
PAIRED = ("regime", "series", "false alarms", "detection", "delay", "lead", "series with a lead")
NONE = "-"


def standings(table: Sequence[Row], labels: Mapping[str, str]) -> str:
    """One headed table for each world, setting and regime, the contenders in the order of `labels`."""
    order = {name: i for i, name in enumerate(labels)}
    ordered = sorted(table, key=lambda r: (r.world, r.setting, r.regime, order[r.contender]))
    parts = []
    for group, own in groupby(ordered, key=lambda r: (r.world, r.setting, r.regime)):
        lines = [_cells(row, labels[row.contender]) for row in own]
        parts.append(f"### {', '.join(group)}\n\n{_grid(COLUMNS, lines)}")
    return "\n".join(parts)


def comparison(table: Sequence[Pair]) -> str:
    """Two contenders on the same series: a table for each world and setting, a line for each regime."""
    parts = []
    for (world, setting), own in groupby(table, key=lambda p: (p.world, p.setting)):
        every = list(own)
        head = f"### {world}, {setting}: {every[0].first} less {every[0].second}"
        parts.append(f"{head}\n\n{_grid(PAIRED, [_paired(pair) for pair in every])}")
    return "\n".join(parts)


def _cells(row: Row, label: str) -> list[str]:
    resolved = f" of {row.resolved_series}" if row.resolved is not None else ""
    return [
        label,
        str(row.series),
        _share(row.false_share, row.false_low, row.false_high),
        _number(row.unjudged, ".0%"),
        _number(row.collapses, "d"),
        _number(row.settled, ".0%"),
        _share(row.detected_share, row.detected_low, row.detected_high),
        _number(row.median_delay, "g"),
        _signed(row.lead, row.lead_low, row.lead_high)
        + (f" in {row.lead_series}" if row.lead_series else ""),
        str(row.alone) if row.detected is not None else NONE,
        _number(row.resolved, ".0%") + resolved,
        _number(row.let_go, ".0%"),
    ]


def _paired(pair: Pair) -> list[str]:
    return [
        pair.regime,
        str(pair.series),
        _signed(pair.false, pair.false_low, pair.false_high, 3),
        _signed(pair.detection, pair.detection_low, pair.detection_high, 2),
        _signed(pair.delay, pair.delay_low, pair.delay_high),
        _signed(pair.lead, pair.lead_low, pair.lead_high),
        str(pair.lead_series),
    ]


def _number(value: float | None, form: str) -> str:
    return NONE if value is None else format(value, form)


def _share(share: float | None, low: float | None, high: float | None) -> str:
    if share is None or low is None or high is None:
        return NONE
    return f"{share:.1%} ({low:.1%} to {high:.1%})"


def _signed(mean: float | None, low: float | None, high: float | None, digits: int = 1) -> str:
    if mean is None or low is None or high is None:
        return NONE
    return f"{mean:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


def _grid(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, rule, *lines))
