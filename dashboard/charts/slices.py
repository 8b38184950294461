"""One metric of every slice of one kind at one cycle, each against its own baseline."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard import canvas
from dashboard.charts import chart
from dashboard.palette import Palette, family_colour, palette
from dashboard.story import Line, Point, Story
from dashboard.words import UNKNOWN, count, part, safe, within

MOST = 40
# In percent: where an interval of few outputs goes farther it runs out of the picture, dots never do.
FAR, MARGIN, EDGE = 200.0, 1.1, 0.02


@chart("slices", label="One metric of every slice at the last cycle, in percent of its own baseline")
def slices(story: Story) -> go.Figure:
    """The last point of each of the story's lines with its 95 % interval, what surely fell farthest on top.

    100 is the slice's own baseline. A slice that is too small to say anything has a word in place of a point.
    """
    rows = sorted((line for line in story.lines if line.points), key=lambda line: line.order)[:MOST]
    fig = canvas.figure(story, height=max(240, 70 + 26 * len(rows)), right=64, left=8)
    if not any(line.points[-1].share(line.points[-1].value) is not None for line in rows):
        words = UNKNOWN.get(rows[0].points[-1].status, "no baseline") if rows else "no slices"
        return canvas.say(fig, story, f"Nothing to show at the last cycle: {words}.")
    colours = palette(story.theme)
    names = [safe(part(None) if line.slice is None else within(line.slice), 26) for line in rows]
    places = list(range(len(rows)))
    fig.update_yaxes(
        tickmode="array", tickvals=places, ticktext=names, range=[len(rows) - 0.4, -0.6], showgrid=False,
        automargin=True,
    )  # fmt: skip
    fig.update_xaxes(title={"text": "% of its own baseline", "standoff": 4}, nticks=6)
    _framed(fig, [line.points[-1] for line in rows])
    fig.add_vline(x=100, line={"color": colours.muted, "width": 1, "dash": "dot"})
    for place, line in zip(places, rows, strict=True):
        _row(fig, story, line, place, colours)
    return fig


def _framed(fig: go.Figure, points: Sequence[Point]) -> None:
    """Keep one wide interval from squeezing all the others."""
    dots = [share for p in points if (share := p.share(p.value)) is not None]
    ends = [share for p in points for end in (p.low, p.high) if (share := p.share(end)) is not None]
    right = max([FAR, *(MARGIN * share for share in dots)])
    left = min([*ends, *dots])
    if max(ends, default=0.0) > right:
        # A dot at the edge is shown whole.
        fig.update_xaxes(range=[left - EDGE * (right - left), right])


def _row(fig: go.Figure, story: Story, line: Line, place: int, colours: Palette) -> None:
    point = line.points[-1]
    share = point.share(point.value)
    n = f"n {count(point.n)}" if point.n is not None else ""
    fig.add_annotation(
        x=1, xref="paper", xanchor="left", xshift=6, y=place, yref="y", text=n, showarrow=False,
        font={"size": 11, "color": colours.muted},
    )  # fmt: skip
    if share is None:
        fig.add_annotation(
            x=0.02, xref="paper", xanchor="left", y=place, yref="y", showarrow=False,
            text=UNKNOWN.get(point.status, "no baseline"), font={"size": 11, "color": colours.muted},
        )  # fmt: skip
        return
    _dot(fig, story, line, point, share, place, family_colour(colours, line.family))


def _dot(
    fig: go.Figure, story: Story, line: Line, point: Point, share: float, place: int, colour: str
) -> None:
    low, high = point.share(point.low), point.share(point.high)
    fig.add_scatter(
        x=[share],
        y=[place],
        mode="markers",
        marker={"color": colour, "size": 10 if line.slice is None else 8},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [high - share if high is not None else 0],
            "arrayminus": [share - low if low is not None else 0],
            "color": colour,
            "thickness": 2,
            "width": 0,
        },
        hovertext=[canvas.hovers(story, line)[-1]],
        hoverinfo="text",
    )
