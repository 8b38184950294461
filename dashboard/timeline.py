"""What happens along the cycle axis: what is learned, where a baseline restarts, notes, and every status."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.palette import Palette, faded, palette
from dashboard.story import Moment, Story
from dashboard.words import SHAPE, WORD, safe

SYMBOL = {
    "ring": "circle-open",
    "circle": "circle",
    "triangle": "triangle-up",
    "diamond": "diamond",
    "square": "square",
    "dash": "line-ew",
}


def learning(fig: go.Figure, story: Story) -> None:
    """Shade where nothing is judged yet, and mark where cycles cannot be compared with those before."""
    colours = palette(story.theme)
    quiet = [m.cycle for m in story.moments if m.status == "learning"]
    opened = {m.cycle for m in story.moments if m.opens}
    for first, last in stretches(quiet):
        fig.add_shape(
            type="rect", x0=first - 0.5, x1=last + 0.5, y0=0, y1=1, yref="y domain", layer="below",
            fillcolor=faded(colours.muted, 0.08), line={"width": 0},
        )  # fmt: skip
        # The line of a new baseline says as much, and two words would lie on each other.
        if not {first, first - 1} & opened:
            word(fig, first - 0.4, "learning", colours)
    for moment in story.moments:
        if moment.opens:
            fig.add_shape(
                type="line", x0=moment.cycle - 0.5, x1=moment.cycle - 0.5, y0=0, y1=1, yref="y domain",
                line={"color": colours.muted, "width": 1, "dash": "dash"},
            )  # fmt: skip
            word(fig, moment.cycle - 0.4, "new baseline", colours)


def notes(fig: go.Figure, story: Story) -> None:
    """A thin upright along which each cycle's note stands; a note that goes on is said once."""
    colours = palette(story.theme)
    before = None
    for moment in story.moments:
        if moment.note and moment.note != before:
            fig.add_shape(
                type="line", x0=moment.cycle, x1=moment.cycle, y0=0, y1=1, yref="y domain",
                line={"color": colours.rule, "width": 1},
            )  # fmt: skip
            fig.add_annotation(
                x=moment.cycle, y=0, yref="y domain", text=safe(moment.note, 28), showarrow=False,
                textangle=-90, xanchor="left", yanchor="bottom", font={"size": 11, "color": colours.muted},
            )  # fmt: skip
        before = moment.note


def word(fig: go.Figure, x: float, text: str, colours: Palette) -> None:
    """A word over the drawing, from x on."""
    fig.add_annotation(
        x=x, y=1, yref="y domain", yshift=9, text=text, showarrow=False, xanchor="left",
        font={"size": 11, "color": colours.muted},
    )  # fmt: skip


def stretches(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Numbers that follow on each other as (first, last).

    >>> stretches([0, 1, 2, 5])
    [(0, 2), (5, 5)]
    """
    out: list[tuple[int, int]] = []
    for n in numbers:
        out = [*out[:-1], (out[-1][0], n)] if out and n == out[-1][1] + 1 else [*out, (n, n)]
    return out


def status_strip(fig: go.Figure, story: Story, domain: tuple[float, float]) -> None:
    """The status of every cycle as its shape, in a strip of its own over the cycle axis."""
    colours = palette(story.theme)
    loud = {"watch", "narrowing", "collapse"}
    small, large = (5, 7) if len(story.moments) > 12 else (7, 10)
    fig.add_scatter(
        x=[m.cycle for m in story.moments],
        y=[0] * len(story.moments),
        yaxis="y2",
        mode="markers",
        marker={
            "symbol": [SYMBOL[SHAPE.get(m.status, "ring")] for m in story.moments],
            "size": [large if m.status in loud else small for m in story.moments],
            "opacity": 1,
            "color": [colours.status.get(m.status, colours.muted) for m in story.moments],
            "line": {
                "width": 1.5,
                "color": [colours.status.get(m.status, colours.muted) for m in story.moments],
            },
        },
        hovertext=[_said(m) for m in story.moments],
        hoverinfo="text",
        customdata=[m.cycle for m in story.moments],
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
    hidden = {"visible": False, "fixedrange": True, "range": [-1, 1]}
    fig.update_layout(yaxis2={**hidden, "domain": list(domain), "anchor": "x"})


def _said(moment: Moment) -> str:
    lines = [f"<b>{WORD.get(moment.status, '')}</b> after cycle {moment.cycle}"]
    words = safe(moment.message).split(" ")
    row = ""
    for word in words:
        if len(row) + len(word) > 60:
            lines.append(row)
            row = ""
        row = f"{row} {word}".strip()
    return "<br>".join([*lines, row])
