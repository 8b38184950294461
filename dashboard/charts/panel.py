"""One part of a metric across the cycles, small, to stand beside its neighbours."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboard import canvas
from dashboard.canvas import value_of
from dashboard.charts import chart
from dashboard.palette import family_colour, palette
from dashboard.story import Story


@chart("panel", label="One slice of a metric across cycles, on the scale of the slices beside it")
def panel(story: Story) -> go.Figure:
    """The first of the story's lines with its 95 % interval and its baseline; all of them set the scale.

    Unknown values are gaps with a word; a part of which nothing is known says so.
    """
    fig = canvas.figure(story, height=240, right=12)
    canvas.cycle_axis(fig, story, title="")
    line = story.lines[0] if story.lines else None
    if line is None or not any(canvas.is_known(p, value_of) for p in line.points):
        return canvas.say(fig, story, "Unknown at every cycle." if line else "Nothing was measured yet.")
    low, high = _range(story)
    fig.update_layout(yaxis={"range": [low, high]})
    colours = palette(story.theme)
    colour = family_colour(colours, line.family)
    canvas.band(fig, line, colour)
    fig.add_scatter(
        x=[p.cycle for p in line.points], y=[p.baseline for p in line.points], mode="lines",
        line={"color": colours.muted, "width": 1.5, "dash": "dot", "shape": "hvh"}, hoverinfo="skip",
    )  # fmt: skip
    canvas.curve(fig, story, line, colour, dash="solid", width=2)
    return fig


def _range(story: Story) -> tuple[float, float]:
    """From the lowest to the highest value; wide intervals of a small part may be cut."""
    points = [p for line in story.lines for p in line.points]
    values = [v for p in points for v in (p.value, p.baseline) if v is not None]
    ends = [e for p in points for e in (p.low, p.high) if e is not None]
    low, high = min(values), max(values)
    room = 0.5 * (high - low) or 0.05 * abs(high) or 0.05
    return max(min([*ends, low]), low - room), min(max([*ends, high]), high + room)
