"""Parts of a metric side by side, each with its own interval and, where it is too small, its own word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dashboard import desk, stories
from dashboard.parts import picture
from dashboard.story import Line, Mode, Story
from dashboard.words import UNKNOWN, count, interval, kind, label, number, plain, within

ACROSS = 3


def show(at: desk.Revision, lineage: str, metric: str, slices: Sequence[str], theme: str) -> None:
    """One small chart for each slice, all on one scale; a kind of output with its typical texts."""
    story = stories.story(at, lineage, [(metric, s) for s in slices], theme)
    modes = desk.modes(at, lineage) if any(kind(s) == "mode:" for s in slices) else {}
    for start in range(0, len(story.lines), ACROSS):
        columns = st.columns(ACROSS)
        for nth, column in enumerate(columns[: len(story.lines) - start], start):
            with column:
                _panel(story, nth, modes)


def _panel(story: Story, nth: int, modes: dict[str, Mode]) -> None:
    line = story.lines[nth]
    others = [*story.lines[:nth], *story.lines[nth + 1 :]]
    name = within(line.slice or "")
    st.text(plain(name))
    st.caption(label(last_words(line).capitalize(), 400))
    if any(point.value is not None for point in line.points):
        picture.show("panel", replace(story, lines=(line, *others)), key=f"panel-{nth}")
    if name in modes:
        _typical(modes[name])


def last_words(line: Line) -> str:
    """A line's last value with its interval, n, its share of the baseline, and what was thinned."""
    point = line.points[-1]
    note = f" {point.note}" if point.note else ""
    if point.value is None:
        return f"at cycle {point.cycle}: unknown, {UNKNOWN.get(point.status, 'no value')}.{note}"
    share = point.share(point.value)
    of = f", {share:.0f} % of its baseline of {number(point.baseline)}" if share is not None else ""
    held = f"{interval(point.low, point.high)}, n {count(point.n)}"
    return f"at cycle {point.cycle}: {number(point.value)} ({held}){of}.{note}"


def _typical(mode: Mode) -> None:
    """What the reference says there: text of anybody, shown as it is."""
    st.text(f"{mode.share:.1%} of the reference. Typical of it:")
    st.code("\n".join(plain(text, 200) for text in mode.typical), language=None, wrap_lines=True)
