"""Which classes, kinds of output, phrasings and slices are going, with numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from metrics import panel
from metrics.core import History, Trend
from metrics.deviations import Floats
from metrics.panel import Cycles, Panel, segments
from metrics.parts import CLASS, MODE, PHRASING, is_own

# A part is named as going where its run is as low as this; healthy parts are so in 1 of 100 cycles. Of many
# parts some are, so that of those named no more than this share may be so by chance (Benjamini and Hochberg
# 1995, Controlling the false discovery rate, J. R. Stat. Soc. B 57).
LINE, BY_CHANCE = -2.33, 0.1
MOST = 3
# A share of fewer outputs is said with their number.
FEW = 20


@dataclass(frozen=True)
class Kind:
    """Parts of one kind: the metric that measures them, and how a sentence names one and its value."""

    metric: str
    prefix: str
    says: str
    share: bool = False

    def part(self, trend: Trend) -> str:
        """The name of the part itself."""
        return (trend.slice or "").removeprefix(self.prefix)

    def sentence(self, each: Panel, i: int, at: int) -> str | None:
        """What became of one part by one cycle: "recall of 'hamradio' .71 to .08"; None where unknown."""
        d, now = each.deviation(i, at), each.trends[i].values[each.cycles.positions[at]]
        if d is None or now is None:
            return None
        values = " to ".join(f"{x:.1%}" if self.share else f"{x:.2f}" for x in (d.baseline, d.value))
        few = f" ({now.n:.0f} outputs)" if now.n is not None and now.n < FEW else ""
        return f"{self.says.format(self.part(each.trends[i]))} {values}{few}"


KINDS = (
    Kind("class_recall", CLASS, "recall of '{}'"),
    Kind("tail_coverage", MODE, "outputs like '{}'", share=True),
    Kind("phrasing_survival", PHRASING, "the phrasing '{}'", share=True),
)


def parts(history: History, kind: Kind) -> list[Trend]:
    """The trends of the parts of one kind, in order of their names."""
    found = ((name, part) for name, part in history.trends if name == kind.metric and part is not None)
    return [history.trends[key] for key in sorted(found) if key[1].startswith(kind.prefix)]


def slices(history: History, metric: str) -> list[Trend]:
    """The trends of one metric over the slices, 'name=value', in order of their names."""
    found = ((name, part) for name, part in history.trends if name == metric and part is not None)
    return [history.trends[key] for key in sorted(found) if is_own(key[1])]


def going(history: History, positions: Sequence[int], leads: Mapping[int, str]) -> dict[int, list[str]]:
    """What is going at each of these positions, a sentence for each part; `leads` names the lowest metric."""
    said: dict[int, list[str]] = {i: [] for i in positions}
    for places in segments(history.standings):
        if not said.keys() & set(places):
            continue
        cycles = Cycles.of(history.standings, places)
        held = panel.held(history, cycles)
        kinds = [(kind, parts(history, kind)) for kind in KINDS]
        led = [Kind(name, "", "{}, " + _label(history, name)) for name in sorted(set(leads.values()))]
        kinds += [(kind, slices(history, kind.metric)) for kind in led]
        for kind, trends in kinds:
            each = Panel.of_alike(trends, cycles, held)
            for i in said.keys() & set(places):
                if kind.prefix or leads.get(i) == kind.metric:
                    said[i] += _lowest(each, kind, places.index(i))
    return said


def _label(history: History, metric: str) -> str:
    trend = history.trends.get((metric, None))
    return trend.metric.label.lower() if trend else metric


def _lowest(each: Panel, kind: Kind, at: int) -> list[str]:
    runs = np.array([each.run(i, at) for i in range(len(each.trends))])
    said = (kind.sentence(each, i, at) for i in _sure(runs))
    return [sentence for sentence in said if sentence is not None][:MOST]


def _sure(runs: Floats) -> list[int]:
    """Which of these scores are too low for chance among so many, the lowest first.

    Of twenty one at -2.5 is what chance does; beside one at -2.9 it counts:

    >>> _sure(np.array([0.0] * 19 + [-2.5])), _sure(np.array([0.0] * 18 + [-2.5, -2.9]))
    ([], [19, 18])
    """
    order = np.argsort(runs, kind="stable")
    rank = np.arange(1, len(runs) + 1)
    below = rank[ndtr(runs[order]) <= BY_CHANCE * rank / max(len(runs), 1)]
    return [int(i) for i in order[: max(below, default=0)] if runs[i] <= LINE]
