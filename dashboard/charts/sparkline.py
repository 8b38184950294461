"""Tail recall against mean score in the size of a word."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboard import canvas
from dashboard.canvas import share_of
from dashboard.charts import chart
from dashboard.palette import family_colour, palette
from dashboard.story import Story


@chart("sparkline", label="Tail recall (dashed) against mean score (solid), in percent of baseline")
def sparkline(story: Story) -> go.Figure:
    """The story's lines in percent of their baseline, without axes: quality thick, the others dashed."""
    colours = palette(story.theme)
    fig = canvas.figure(story, height=56)
    fig.update_layout(margin={"l": 2, "r": 6, "t": 4, "b": 4})
    fig.update_xaxes(visible=False)
    fig.update_yaxes(visible=False)
    for line in story.lines:
        quality = line.family == "quality"
        shares = [p.share(p.value) if canvas.is_known(p, share_of) else None for p in line.points]
        last = max((i for i, s in enumerate(shares) if s is not None), default=0)
        fig.add_scatter(
            x=[p.cycle for p in line.points],
            y=shares,
            mode="lines+markers",
            connectgaps=False,
            line={
                "color": family_colour(colours, line.family),
                "width": 2.5 if quality else 1.8,
                "dash": "solid" if quality else "dot",
            },
            marker={
                "color": family_colour(colours, line.family),
                "size": [6 if i == last else 0 for i in range(len(shares))],
                "opacity": 1,
            },
            hoverinfo="skip",
        )
    return fig
