"""What the charts share: the frame, the cycle axis, bands, gaps with a word, labels at the line ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from textwrap import wrap

import plotly.graph_objects as go

from dashboard.palette import faded, palette
from dashboard.story import Line, Moment, Point, Story
from dashboard.words import UNKNOWN, WORD, count, interval, number, part, safe, z_text
from metrics.narrowing import METRIC_LINE

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
GAP = "gap"
# So many letters fit beside a line.
BESIDE = 16
Pick = Callable[[Point, float | None], float | None]


def figure(story: Story, height: int, right: int = 112, left: int = 44) -> go.Figure:
    """An empty figure in the story's theme, with room on the right for the names of the lines."""
    colours = palette(story.theme)
    fig = go.Figure()
    fig.update_layout(
        template="none",
        height=height,
        margin={"l": left, "r": right, "t": 28, "b": 34},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 12, "color": colours.muted},
        showlegend=False,
        dragmode=False,
        hovermode="closest",
        hoverlabel={
            "bgcolor": colours.raised,
            "bordercolor": colours.rule,
            "font": {"family": FONT, "size": 12, "color": colours.ink},
            "align": "left",
        },
    )
    axis = {"zeroline": False, "showline": False, "gridcolor": colours.rule, "fixedrange": True}
    fig.update_xaxes(**axis)
    fig.update_yaxes(**axis, nticks=6)
    return fig


def cycle_axis(fig: go.Figure, story: Story, title: str = "cycle", until: int = 0) -> None:
    """The cycles along the bottom, as many numbers as fit a narrow screen; `until` may lie ahead."""
    numbers = [m.cycle for m in story.moments] or [0]
    first, last = min(numbers), max(*numbers, until)
    step = max(1, math.ceil((last - first + 1) / 10))
    fig.update_xaxes(
        range=[first - 0.6, last + 0.6],
        tickmode="array",
        tickvals=list(range(first, last + 1, step)),
        showgrid=False,
        anchor="free",
        position=0,
        title={"text": title, "standoff": 4},
    )


def say(fig: go.Figure, story: Story, words: str) -> go.Figure:
    """A figure that says in words why it shows nothing."""
    colours = palette(story.theme)
    fig.update_xaxes(visible=False)
    fig.update_yaxes(visible=False)
    fig.add_annotation(
        text="<br>".join(wrap(words, 40)), xref="paper", yref="paper", x=0.5, y=0.5, showarrow=False,
        font={"size": 13, "color": colours.muted},
    )  # fmt: skip
    return fig


def value_of(point: Point, number: float | None) -> float | None:
    """On the metric's own scale."""
    return number


def share_of(point: Point, number: float | None) -> float | None:
    """In percent of the point's baseline."""
    return point.share(number)


def runs(line: Line, pick: Pick) -> Iterator[tuple[bool, list[Point]]]:
    """The line's points in stretches that are known, or not, and in percent of one and the same baseline."""
    stretch: list[Point] = []
    for point in line.points:
        other = is_known(point, pick) != is_known(stretch[-1], pick) if stretch else False
        if stretch and (other or is_apart(point, pick)):
            yield is_known(stretch[0], pick), stretch
            stretch = []
        stretch.append(point)
    if stretch:
        yield is_known(stretch[0], pick), stretch


def is_apart(point: Point, pick: Pick) -> bool:
    """Whether a point is no continuation of the one before: percent of another baseline do not go on."""
    return point.begins and pick is share_of


def is_known(point: Point, pick: Pick) -> bool:
    """Whether there is a number to draw."""
    shown = pick(point, point.value)
    return shown is not None and math.isfinite(shown)


def band(fig: go.Figure, line: Line, colour: str, pick: Pick = value_of, opacity: float = 0.13) -> None:
    """The 95 % interval of every point, as one band for each known stretch."""
    for known, stretch in runs(line, pick):
        ends = [(p.cycle, pick(p, p.low), pick(p, p.high)) for p in stretch if known]
        both = [(x, lo, hi) for x, lo, hi in ends if lo is not None and hi is not None]
        if not both:
            continue
        xs = [x for x, _, _ in both]
        # A stretch of one point has no area: the outline shows its interval as an upright line.
        outline = 6.0 if len(both) == 1 else 0.0
        fig.add_scatter(
            x=xs + xs[::-1],
            y=[hi for _, _, hi in both] + [lo for _, lo, _ in reversed(both)],
            fill="toself",
            fillcolor=faded(colour, opacity),
            line={"width": outline, "color": faded(colour, opacity)},
            mode="lines",
            hoverinfo="skip",
        )


def curve(
    fig: go.Figure, story: Story, line: Line, colour: str, *, pick: Pick = value_of, dash: str, width: float
) -> None:
    """The points of a line, joined where they follow on each other, and a word in every gap."""
    told = dict(zip((p.cycle for p in line.points), hovers(story, line), strict=True))
    # Where a line does not go on, a point that is not there parts it.
    drawn = [(p, there) for p in line.points for there in ((False, True) if is_apart(p, pick) else (True,))]
    fig.add_scatter(
        x=[p.cycle for p, _ in drawn],
        y=[pick(p, p.value) if there and is_known(p, pick) else None for p, there in drawn],
        mode="lines+markers",
        connectgaps=False,
        line={"color": colour, "width": width, "dash": dash},
        marker={"color": colour, "size": 5 if len(line.points) > 30 else 6},
        hovertext=[told[p.cycle] for p, _ in drawn],
        hoverinfo="text",
        customdata=[p.cycle for p, _ in drawn],
        name=safe(line.label, 60),
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
    _gaps(fig, story, line, pick)


def _gaps(fig: go.Figure, story: Story, line: Line, pick: Pick) -> None:
    height: float | None = None
    # Words of several lines may fall on one spot: each stands under the one before.
    above = sum(a.name == GAP for a in fig.layout.annotations)
    for known, stretch in runs(line, pick):
        if known:
            height = pick(stretch[-1], stretch[-1].value)
            continue
        words = UNKNOWN.get(stretch[0].status, "no baseline")
        last = stretch[-1] is line.points[-1]
        fig.add_annotation(
            x=stretch[-1].cycle if last else (stretch[0].cycle + stretch[-1].cycle) / 2,
            xanchor="right" if last else "center",
            y=height if height is not None else 0.06,
            yref="y" if height is not None else "y domain",
            yshift=-13 * above,
            name=GAP,
            text=f"{safe(line.label, 24)}: {words}",
            showarrow=False,
            font={"size": 10, "color": palette(story.theme).muted},
        )


def hovers(story: Story, line: Line) -> list[str]:
    """What stands beside the pointer: cycle, checkpoint, value, interval, n, z, status."""
    moments = {m.cycle: m for m in story.moments}
    return [_hover(line, p, moments.get(p.cycle)) for p in line.points]


def _hover(line: Line, p: Point, moment: Moment | None) -> str:
    where = f"cycle {p.cycle}"
    if moment is not None and moment.checkpoint:
        where += f" · {safe(moment.checkpoint, 40)}"
    name = safe(line.label, 60) + (f" · {safe(part(line.slice), 40)}" if line.slice else "")
    rows = [f"<b>{name}</b>", where]
    if p.value is None:
        return "<br>".join([*rows, f"unknown: {UNKNOWN.get(p.status, 'no value')}"])
    share = p.share(p.value)
    of = f", {share:.0f} % of baseline" if share is not None else ""
    rows.append(f"{number(p.value)}{of}")
    rows.append(interval(p.low, p.high))
    rows.append(f"n {count(p.n)}" + (f" · z {z_text(p.z, METRIC_LINE)}" if p.z is not None else ""))
    if p.note:
        rows.append(safe(p.note, 120))
    if moment is not None:
        rows.append(WORD.get(moment.status, ""))
    return "<br>".join(rows)


def end_label(line: Line, pick: Pick, shown: Callable[[float], str]) -> tuple[float, str] | None:
    """Where a line ends, and its name with its last value; a value from an earlier cycle is not the last."""
    known = [p for p in line.points if is_known(p, pick)]
    height = pick(known[-1], known[-1].value) if known else None
    if height is None:
        return None
    name = safe(line.label, 24)
    if known[-1] is not line.points[-1]:
        return height, f"{name}<br>unknown"
    return height, "<br>".join(wrap(f"{name} {shown(height)}", BESIDE, break_long_words=False))


def end_labels(fig: go.Figure, ends: Sequence[tuple[float, str, str]], low: float, high: float) -> None:
    """Names and last values at the ends of the lines, moved apart where they would overlap."""
    tall = any("<br>" in text for _, text, _ in ends)
    heights = spread([y for y, _, _ in ends], (high - low) * (0.105 if tall else 0.075), low, high)
    for height, (_, text, colour) in zip(heights, ends, strict=True):
        fig.add_annotation(
            x=1, xref="paper", xanchor="left", xshift=4, y=height, yref="y", text=text,
            showarrow=False, align="left", font={"size": 12, "color": colour},
        )  # fmt: skip


def spread(heights: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """The heights moved apart to at least `gap`, in their order, within low and high where they fit.

    >>> spread([1.0, 1.0], 2.0, 0.0, 10.0)
    [2.0, 0.0]
    """
    order = sorted(range(len(heights)), key=lambda i: -heights[i])
    out = list(heights)
    for above, i in pairwise(order):
        out[i] = min(out[i], out[above] - gap)
    floor = low
    for i in reversed(order):
        out[i] = max(out[i], floor)
        floor = out[i] + gap
    over = max(out, default=high) - high
    return [y - over if over > 0 else y for y in out]
