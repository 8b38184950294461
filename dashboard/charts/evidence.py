"""What an alert rests on: how far each voting metric lies from its baseline."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboard import canvas
from dashboard.charts import chart
from dashboard.palette import family_colour, palette
from dashboard.story import Story
from dashboard.words import safe, z_text
from metrics.narrowing import METRIC_LINE


@chart("evidence", label="How far each voting metric lies from its baseline")
def evidence(story: Story) -> go.Figure:
    """One row per voting metric: z, its distance from the baseline; left of 0 is worse.

    The dashed line is where a metric counts as low, if it stays there for two cycles.
    """
    rows = story.movements
    fig = canvas.figure(story, height=max(240, 64 + 26 * len(rows)), right=20, left=8)
    if not rows:
        return canvas.say(fig, story, "This alert comes with no comparison of metrics.")
    colours = palette(story.theme)
    places = list(range(len(rows)))
    fig.update_yaxes(
        tickmode="array", tickvals=places, ticktext=[safe(r.label, 24) for r in rows],
        range=[len(rows) - 0.4, -0.6], showgrid=False, automargin=True,
    )  # fmt: skip
    reach = max(3.0, *(abs(r.z) for r in rows)) + 0.5
    title = {"text": "z, corrected", "standoff": 4}
    fig.update_xaxes(range=[-reach, reach], title=title, nticks=7)
    fig.add_vline(x=0, line={"color": colours.muted, "width": 1})
    fig.add_vline(x=METRIC_LINE, line={"color": colours.ink, "width": 1, "dash": "dash"})
    fig.add_annotation(
        x=METRIC_LINE, y=1, yref="paper", yshift=9, text=f"low from {METRIC_LINE:g}", showarrow=False,
        font={"size": 11, "color": colours.muted},
    )  # fmt: skip
    for place, row in zip(places, rows, strict=True):
        colour = family_colour(colours, row.family)
        fig.add_scatter(
            x=[0, row.z], y=[place, place], mode="lines+markers", line={"color": colour, "width": 3},
            marker={"size": [0, 10], "color": colour, "opacity": 1},
            hovertext=["", f"<b>{safe(row.label)}</b><br>z {z_text(row.z, METRIC_LINE, '+')}"],
            hoverinfo="text",
        )  # fmt: skip
    return fig
