"""One metric across the cycles, on its own scale."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboard import canvas, timeline
from dashboard.canvas import value_of
from dashboard.charts import chart
from dashboard.palette import faded, family_colour, palette
from dashboard.story import Line, Story
from dashboard.words import SHAPE, WORD, number, safe


@chart("trend", label="One metric across cycles with its interval, its baseline and its alerts")
def trend(story: Story) -> go.Figure:
    """One metric with its 95 % interval, its baseline, the lines that a user drew, and its alerts.

    Shows the first of the story's lines. Unknown values are gaps with a word. While an alert stands, a fan
    shows the 80 % intervals of the next cycles.
    """
    fig = canvas.figure(story, height=340)
    fig.update_layout(yaxis={"domain": [0.1, 1]})
    line = story.lines[0] if story.lines else None
    canvas.cycle_axis(fig, story, until=line.ahead[-1].cycle if line is not None and line.ahead else 0)
    if line is None or not any(canvas.is_known(p, value_of) for p in line.points):
        return canvas.say(fig, story, _why(line))
    low, high = _range(story, line)
    fig.update_layout(yaxis={"range": [low, high]})
    timeline.learning(fig, story)
    timeline.notes(fig, story)
    colour = family_colour(palette(story.theme), line.family)
    canvas.band(fig, line, colour)
    _fan(fig, story, line, colour)
    ends = [*_baseline(fig, story, line), *_limits(fig, story)]
    canvas.curve(fig, story, line, colour, dash="solid", width=2.5)
    _alerts(fig, story, line)
    end = canvas.end_label(line, value_of, number)
    if end is not None:
        ends.append((*end, colour))
    canvas.end_labels(fig, ends, low, high)
    timeline.status_strip(fig, story, (0, 0.08))
    return fig


def _why(line: Line | None) -> str:
    if line is None or not line.points:
        return "Nothing was measured yet."
    note = next((p.note for p in reversed(line.points) if p.note), None)
    return f"Unknown at every cycle. {safe(note, 120)}" if note else "Unknown at every cycle."


def _range(story: Story, line: Line) -> tuple[float, float]:
    found = [e for p in line.points for e in (p.value, p.low, p.high, p.baseline) if e is not None]
    found += [limit.value for limit in story.limits]
    found += [end for a in line.ahead for end in (a.low, a.high)]
    low, high = min(found), max(found)
    room = 0.06 * (high - low) or 0.05 * abs(high) or 0.05
    return low - room, high + room


def _fan(fig: go.Figure, story: Story, line: Line, colour: str) -> None:
    """From the last value on, the middle of what is foretold, dashed, in its interval."""
    now = line.points[-1]
    if not line.ahead or now.value is None:
        return
    xs = [now.cycle, *(a.cycle for a in line.ahead)]
    lows, highs, middles = (
        [now.value, *(getattr(a, end) for a in line.ahead)] for end in ("low", "high", "middle")
    )
    fig.add_scatter(
        x=xs + xs[::-1], y=highs + lows[::-1], fill="toself", fillcolor=faded(colour, 0.1),
        line={"width": 0}, mode="lines", hoverinfo="skip",
    )  # fmt: skip
    hovers = [
        f"<b>cycle {a.cycle}, forecast</b><br>{number(a.middle)}"
        f"<br>80 % interval {number(a.low)} to {number(a.high)}"
        for a in line.ahead
    ]
    fig.add_scatter(
        x=xs, y=middles, mode="lines", line={"color": colour, "width": 1.5, "dash": "dash"},
        hovertext=["", *hovers], hoverinfo="text",
    )  # fmt: skip
    timeline.word(fig, now.cycle + 0.2, "forecast, 80 %", palette(story.theme))


def _baseline(fig: go.Figure, story: Story, line: Line) -> list[tuple[float, str, str]]:
    """The baseline that each cycle is compared with; it steps where the evaluation changed."""
    muted = palette(story.theme).muted
    if not any(p.baseline is not None for p in line.points):
        return []
    fig.add_scatter(
        x=[p.cycle for p in line.points], y=[p.baseline for p in line.points], mode="lines",
        line={"color": muted, "width": 1.5, "dash": "dot", "shape": "hvh"}, hoverinfo="skip",
    )  # fmt: skip
    last = [p.baseline for p in line.points if p.baseline is not None][-1]
    return [(last, f"baseline {number(last)}", muted)]


def _limits(fig: go.Figure, story: Story) -> list[tuple[float, str, str]]:
    colours = palette(story.theme)
    for limit in story.limits:
        fig.add_shape(
            type="line", x0=0, x1=1, xref="x domain", y0=limit.value, y1=limit.value, yref="y",
            line={"color": colours.status[limit.severity], "width": 1.5, "dash": "longdash"},
        )  # fmt: skip
    return [(x.value, f"your line {number(x.value)}", colours.ink) for x in story.limits]


def _alerts(fig: go.Figure, story: Story, line: Line) -> None:
    """The shape of its severity, around the point at which each alert on this metric was raised."""
    colours = palette(story.theme)
    heights = {p.cycle: p.value for p in line.points}
    mine = [m for m in story.marks if (m.metric, m.slice) == (line.metric, line.slice)]
    shown = [m for m in mine if heights.get(m.cycle) is not None]
    fig.add_scatter(
        x=[m.cycle for m in shown],
        y=[heights[m.cycle] for m in shown],
        mode="markers",
        marker={
            "symbol": [timeline.SYMBOL[SHAPE[m.severity]] for m in shown],
            "size": 13,
            "color": [colours.status[m.severity] for m in shown],
            "line": {"width": 1.5, "color": colours.ground},
        },
        hovertext=[f"<b>{WORD[m.severity]}</b>, raised at cycle {m.cycle}" for m in shown],
        hoverinfo="text",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
