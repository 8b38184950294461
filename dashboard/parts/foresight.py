"""How often what was foretold held, regime by regime, never pooled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import streamlit as st

from dashboard.words import safe
from metrics import foresight
from metrics.foresight import Held
from metrics.lead_time import NARROWING, WORLDS

SAYS = (
    "While an alarm stands, its message says when its metric will have lost a fifth of its baseline, and mean"
    " score a twentieth, if nothing is changed: not before one cycle, more likely than not by another. The"
    " chart of each shows the next five cycles with 80 % intervals. All of it rests on the cycles so far, and"
    " on a line that goes on a little less with every cycle. What cannot be bounded within ten cycles has no"
    " 'by'. Nobody can foretell that a model will be trained on something else. Here stands how often that"
    " held in models that were really retrained, on series that nothing was chosen on: of the intervals 80 %"
    " should, of the 'not before' 90 %, of the 'by' at least half. Failures are in bold."
)
NOTHING = "Not measured yet."
NAMES = ("not before: held", "by: came true", "no by", "80 % holds, 1, 3, 5 ahead")
PROMISED, EARLY, LIKELY = 0.8, 0.9, 0.5


def show() -> None:
    """A world to choose, and for each regime a line for the alarm's metric and one for mean score."""
    st.html(f'<p class="tw-says">{SAYS}</p>')
    rows = foresight.study()
    if not rows:
        st.text(NOTHING)
        return
    worlds = list(dict.fromkeys(row.world for row in rows))
    world = st.segmented_control("World", worlds, default=worlds[0], required=True, key="foresight-world")
    head = "".join(f"<span>{name[0].upper()}{name[1:]}</span>" for name in NAMES)
    cases = groupby((row for row in rows if row.world == world), lambda row: row.regime)
    st.html(
        f'<p class="tw-says tw-quiet">{safe(f"The world: {WORLDS.get(world, world)}.")}</p>'
        f'<div class="tw-case tw-scores tw-head tw-quiet"><span></span>{head}</div>'
        + "".join(case(regime, list(own)) for regime, own in cases)
    )


def case(regime: str, rows: Sequence[Held]) -> str:
    """One regime: what happens in it, and a line for each metric that something is foretold of."""
    what = NARROWING.get(regime, regime)
    told = f"{rows[0].forecasts} forecasts in {rows[0].series} series"
    return (
        f'<div class="tw-case"><div class="tw-line"><span class="tw-name">{safe(what[0].upper() + what[1:])}'
        f'</span><span class="tw-quiet">{told}</span></div>{"".join(map(line, rows))}</div>'
    )


def line(row: Held) -> str:
    """One metric: its numbers under their names, then what failed."""
    ahead = ", ".join("-" if share is None else f"{share:.0%}" for share in (row.one, row.three, row.five))
    undated = "-" if row.unbounded is None else f"{row.unbounded:.0%}"
    cells = (share(row.bound_held, row.bounds), share(row.came, row.dates), undated, ahead)
    shown = "".join(
        f'<span class="tw-score" data-says="{name}">{cell}</span>'
        for name, cell in zip(NAMES, cells, strict=True)
    )
    words = " ".join(f"<b>{failed}</b>" for failed in failures(row))
    told = f'<span class="tw-told">{words}</span>'
    return f'<div class="tw-scores tw-held"><span>{row.of}</span>{shown}{told}</div>'


def share(held: float | None, count: int) -> str:
    """A share and what it is of.

    >>> share(0.944, 18), share(None, 0)
    ('94% of 18', '-')
    """
    return "-" if held is None else f"{held:.0%} of {count}"


def failures(row: Held) -> Iterator[str]:
    """What surely held less often than is promised; of intervals, at any distance."""
    if row.bound_high is not None and row.bound_high < EARLY:
        yield "It came sooner than was said too often."
    if row.came_high is not None and row.came_high < LIKELY:
        yield "It mostly came later than was said."
    low = min((each for each in (row.one, row.three, row.five) if each is not None), default=1.0)
    if low < PROMISED - 0.05:
        yield "The intervals are too narrow."
