"""The picture to remember: several metrics as % of their baseline, and the training mix underneath."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard import canvas, timeline
from dashboard.canvas import DASHES, share_of
from dashboard.charts import chart
from dashboard.palette import Palette, faded, family_colour, palette
from dashboard.story import Line, Story


@chart("scissors", label="Metrics in percent of their baseline, with the training mix underneath")
def scissors(story: Story) -> go.Figure:
    """Quality and tails on one scale, so that the gap that opens between them shows.

    Index 100 is the baseline, bands are 95 % intervals, names and last values stand at the line ends. From
    the first cycle of the evidence on, the gap between quality and the lowest of the others is shaded. Below:
    the status of each cycle, and what the model was trained on.
    """
    fig = canvas.figure(story, height=470)
    mixed = any(m.mix for m in story.moments)
    bottom = 0.24 if mixed else 0.08
    fig.update_layout(yaxis={"domain": [bottom, 1], "ticksuffix": " %"}, margin={"t": 44})
    canvas.cycle_axis(fig, story)
    if not any(canvas.is_known(p, share_of) for line in story.lines for p in line.points):
        return canvas.say(fig, story, "Nothing to compare with a baseline yet.")
    _lines(fig, story)
    timeline.status_strip(fig, story, (bottom - 0.075, bottom - 0.015))
    if mixed:
        _mix(fig, story, (0.01, bottom - 0.1))
    return fig


def _lines(fig: go.Figure, story: Story) -> None:
    colours = palette(story.theme)
    low, high = _range(story.lines)
    fig.update_layout(yaxis={"range": [low, high]})
    timeline.learning(fig, story)
    timeline.notes(fig, story)
    _baseline(fig, colours)
    _gap(fig, story)
    styles = _styles(story.lines)
    for line in story.lines:
        canvas.band(fig, line, family_colour(colours, line.family), share_of)
    ends = []
    for line, dash in zip(story.lines, styles, strict=True):
        colour = family_colour(colours, line.family)
        canvas.curve(
            fig, story, line, colour, pick=share_of, dash=dash, width=3.5 if line.family == "quality" else 2
        )
        end = canvas.end_label(line, share_of, lambda share: f"{share:.0f}")
        if end is not None:
            ends.append((*end, colour))
    canvas.end_labels(fig, ends, low, high)


def _styles(lines: Sequence[Line]) -> list[str]:
    """A dash of its own for every line of one family, so that colour never stands alone."""
    seen: dict[str, int] = {}
    out = []
    for line in lines:
        nth = seen.get(line.family, 0)
        seen[line.family] = nth + 1
        out.append(DASHES[nth % len(DASHES)])
    return out


def _range(lines: Sequence[Line]) -> tuple[float, float]:
    """From the lowest value to the highest; bands may be cut where they are far wider than the movement."""
    points = [p for line in lines for p in line.points]
    shares = [s for p in points if (s := p.share(p.value)) is not None]
    ends = [s for p in points for e in (p.low, p.high) if (s := p.share(e)) is not None]
    low, high = min([*shares, 90.0]), max([*shares, 110.0])
    room = 0.5 * (high - low)
    low, high = max(min([*ends, low]), low - room), min(max([*ends, high]), high + room)
    return low - 0.04 * (high - low), high + 0.04 * (high - low)


def _baseline(fig: go.Figure, colours: Palette) -> None:
    fig.add_shape(
        type="line", x0=0, x1=1, xref="x domain", y0=100, y1=100, yref="y",
        line={"color": colours.muted, "width": 1, "dash": "dot"}, layer="below",
    )  # fmt: skip


def _gap(fig: go.Figure, story: Story) -> None:
    """Shade between quality and the lowest of the others, from the first cycle of the evidence on."""
    if story.since is None or story.status not in ("narrowing", "collapse"):
        return
    colours = palette(story.theme)
    colour = colours.status[story.status]
    blades = _blades(story)
    if blades:
        xs = [x for x, _, _ in blades]
        fig.add_scatter(
            x=xs + xs[::-1], y=[top for _, top, _ in blades] + [low for _, _, low in reversed(blades)],
            fill="toself", fillcolor=faded(colour, 0.16), line={"width": 0}, mode="lines", hoverinfo="skip",
        )  # fmt: skip
    fig.add_shape(
        type="line", x0=story.since, x1=story.since, y0=0, y1=1, yref="y domain",
        line={"color": colour, "width": 1.5},
    )  # fmt: skip
    late = story.since > sum(m.cycle for m in story.moments) / len(story.moments)
    fig.add_annotation(
        x=story.since, y=1, yref="y domain", yshift=24, text=f"narrowing since {story.since}",
        showarrow=False, xanchor="right" if late else "left", font={"size": 12, "color": colours.ink},
    )  # fmt: skip


def _blades(story: Story) -> list[tuple[int, float, float]]:
    """(cycle, share of quality, lowest share of the others), where the others lie lower."""
    top = next((line for line in story.lines if line.family == "quality"), None)
    rest = [line for line in story.lines if line.family in ("tail", "diversity", "coverage")]
    if top is None or not rest or story.since is None:
        return []
    out = []
    for i, point in enumerate(top.points):
        shares = [s for line in rest if (s := line.points[i].share(line.points[i].value)) is not None]
        above = point.share(point.value)
        if point.cycle >= story.since and above is not None and shares and min(shares) < above:
            out.append((point.cycle, above, min(shares)))
    return out


def _mix(fig: go.Figure, story: Story, domain: tuple[float, float]) -> None:
    colours = palette(story.theme)
    parts = {m.cycle: dict(m.mix) for m in story.moments if m.mix}
    cycles = list(parts)
    totals = {c: sum(parts[c].get(kind, 0) for kind in colours.mix) or 1 for c in cycles}
    for kind, colour in colours.mix.items():
        shares = [100 * parts[c].get(kind, 0) / totals[c] for c in cycles]
        if not any(shares):
            continue
        fig.add_bar(
            x=cycles, y=shares, yaxis="y3", width=1.0, marker={"color": colour, "line": {"width": 0}},
            hovertext=[f"cycle {c}<br>{s:.0f} % {kind}" for c, s in zip(cycles, shares, strict=True)],
            hoverinfo="text", name=kind, selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
        )  # fmt: skip
    axis = {"visible": False, "fixedrange": True, "range": [0, 100]}
    fig.update_layout(barmode="stack", bargap=0, yaxis3={**axis, "domain": list(domain), "anchor": "x"})
    fig.add_annotation(
        x=1, xref="paper", xanchor="left", xshift=4, y=sum(domain) / 2, yref="paper", showarrow=False,
        text=_trained_on(story), align="left", font={"size": 12, "color": colours.ink},
    )  # fmt: skip


def _trained_on(story: Story) -> str:
    """What the last model was trained on, in words."""
    last = dict(story.moments[-1].mix)
    whole = sum(last.get(kind, 0.0) for kind in palette(story.theme).mix)
    return f"trained on<br>{last.get('human', 0.0) / whole:.0%} human" if whole else "last mix<br>unknown"
