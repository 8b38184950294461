"""Which metric sees which narrowing."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboard import canvas
from dashboard.charts import chart
from dashboard.palette import Palette, faded, palette
from dashboard.story import Sight, Story
from dashboard.words import FAMILY, safe
from metrics.seeing import verdict

ROW = 25
# A shift of so many null standard deviations is shaded as dark as it gets.
DARKEST = 10.0
SAYS = {"sees": "sees it", "blind": "blind to it", "misled": "reads better: it would reassure"}


@chart("which_sees", label="How far each planted narrowing moves each metric, in null standard deviations")
def which_sees(story: Story) -> go.Figure:
    """One row per metric, one column per narrowing: shaded where the metric sees it, 'blind' where not.

    A number alone, with an arrow, is a metric that moves to its healthy side: it would reassure.
    """
    rows = _rows(story.sights)
    fig = canvas.figure(story, height=max(240, 76 + ROW * len(rows)), right=6, left=8)
    kinds = list(dict.fromkeys(kind for s in story.sights for kind, _ in s.shifts or ()))
    if not kinds:
        return canvas.say(fig, story, "Not measured yet.")
    colours = palette(story.theme)
    _axes(fig, rows, kinds, colours)
    _shades(fig, rows, kinds, colours)
    for seen in (True, False):
        _words(fig, rows, kinds, colours, seen)
    for place, row in enumerate(rows):
        if not isinstance(row, str) and row.shifts is None:
            _cell(fig, (len(kinds) - 1) / 2, place, "not measured yet", colours.muted)
    return fig


def _rows(sights: tuple[Sight, ...]) -> list[Sight | str]:
    """The metrics under a heading for those that vote, and one for each family of the others."""
    out: list[Sight | str] = []
    before = None
    for sight in sights:
        group = "Voters" if sight.votes else FAMILY.get(sight.family, sight.family)
        if group != before:
            out.append(group)
        before = group
        out.append(sight)
    return out


def _axes(fig: go.Figure, rows: list[Sight | str], kinds: list[str], colours: Palette) -> None:
    fig.update_layout(margin={"t": 34, "b": 12})
    names = [f"<b>{safe(r)}</b>" if isinstance(r, str) else safe(r.label, 24) for r in rows]
    fig.update_yaxes(
        tickmode="array", tickvals=list(range(len(rows))), ticktext=names, showgrid=False,
        range=[len(rows) - 0.5, -0.5], automargin=True, tickfont={"size": 11, "color": colours.ink}, ticks="",
    )  # fmt: skip
    fig.update_xaxes(
        tickmode="array", tickvals=list(range(len(kinds))), side="top", showgrid=False,
        ticktext=[safe(kind) for kind in kinds], range=[-0.5, len(kinds) - 0.5],
        tickfont={"size": 11, "color": colours.ink}, automargin=True,
        autotickangles=[0, 60, 90], ticks="",
    )  # fmt: skip


def _shades(fig: go.Figure, rows: list[Sight | str], kinds: list[str], colours: Palette) -> None:
    """The ground of every cell, darker the better the metric sees the narrowing, and the words on hover."""
    shades, hovers = [], []
    for row in rows:
        found = {} if isinstance(row, str) else dict(row.shifts or ())
        shades.append([_shade(row, found.get(kind)) for kind in kinds])
        hovers.append([_hover(row, kind, found.get(kind)) for kind in kinds])
    fig.add_heatmap(
        z=shades, x=list(range(len(kinds))), y=list(range(len(rows))), text=hovers, hoverinfo="text",
        showscale=False, zmin=0, zmax=1, xgap=2, ygap=2,
        colorscale=[[0, faded(colours.ink, 0.02)], [1, faded(colours.family["tail"], 0.55)]],
    )  # fmt: skip


def _shade(row: Sight | str, shift: float | None) -> float | None:
    if isinstance(row, str) or shift is None:
        return None
    return min(abs(shift), DARKEST) / DARKEST if verdict(shift, row.healthy) == "sees" else 0.0


def _hover(row: Sight | str, kind: str, shift: float | None) -> str:
    if isinstance(row, str) or shift is None:
        return ""
    words = SAYS[verdict(shift, row.healthy)]
    return f"<b>{safe(row.label)}</b><br>{safe(kind)}: {words}<br>shift {shift:+.1f}"


def _words(fig: go.Figure, rows: list[Sight | str], kinds: list[str], colours: Palette, seen: bool) -> None:
    """What stands in the cells: of those that are seen, or of the blind spots."""
    found = [
        (kinds.index(kind), place, _said(row, shift))
        for place, row in enumerate(rows)
        if not isinstance(row, str)
        for kind, shift in row.shifts or ()
        if (verdict(shift, row.healthy) != "blind") is seen
    ]
    fig.add_scatter(
        x=[x for x, _, _ in found], y=[y for _, y, _ in found], text=[text for _, _, text in found],
        mode="text", textfont={"size": 11, "color": colours.ink if seen else colours.muted},
        hoverinfo="skip",
    )  # fmt: skip


def _said(row: Sight, shift: float) -> str:
    """What stands in a cell; the word tells what the shade tells."""
    said = verdict(shift, row.healthy)
    return {"blind": "blind", "sees": f"{shift:+.1f}", "misled": f"▲{shift:.1f}"}[said]


def _cell(fig: go.Figure, x: float, y: float, text: str, colour: str) -> None:
    fig.add_annotation(x=x, y=y, text=text, showarrow=False, font={"size": 11, "color": colour})
