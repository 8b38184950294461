"""Small drawings that come with the words: status shapes, and a lineage's story in the size of a word.

They are images inside the HTML, so that they are there with the first paint, before any chart library is.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from dashboard.palette import Palette, family_colour, palette
from dashboard.story import Line, Story
from dashboard.words import SHAPE, WORD, safe

_PATHS = {
    "ring": '<circle cx="10" cy="10" r="6.5" fill="none" stroke="{c}" stroke-width="2.5"/>',
    "circle": '<circle cx="10" cy="10" r="7.5" fill="{c}"/>',
    "triangle": '<path d="M10 2 18.5 17.5 1.5 17.5z" fill="{c}"/>',
    "diamond": '<path d="M10 .8 19.2 10 10 19.2.8 10z" fill="{c}"/>',
    "square": '<path d="M2.5 2.5h15v15h-15z" fill="{c}"/>',
    "dash": '<path d="M2 8h16v4H2z" fill="{c}"/>',
}
WIDE, HIGH = 160, 48
TINY = (84, 24)


def shape(status: str, theme: str) -> str:
    """The status as its shape in its colour."""
    colours = palette(theme)
    drawn = _PATHS[SHAPE[status]].format(c=colours.status.get(status, colours.muted))
    return _image(drawn, 20, 20, WORD[status], "tw-shape")


def sparkline(story: Story) -> str:
    """The story's lines in percent of their baseline: quality thick, the others dashed; unknown is a gap."""
    colours = palette(story.theme)
    shares = [s for line in story.lines for s in _shares(line) if s is not None]
    if not shares:
        return ""
    low, high = min([*shares, 95.0]), max([*shares, 105.0])
    drawn = "".join(_stroke(line, low, high, colours) for line in story.lines)
    words = ", ".join(_last(line) for line in story.lines)
    image = _image(drawn, WIDE, HIGH, f"{words}, in percent of baseline", "tw-spark")
    keys = "".join(f'<div class="tw-quiet">{_key(line, colours)} {_last(line)}</div>' for line in story.lines)
    return image + keys


def tiny(values: Sequence[float | None], baseline: float | None, family: str, theme: str) -> str:
    """One metric's values in the size of a word, the baseline dotted; unknown is a gap."""
    colours = palette(theme)
    known = [v for v in (*values, baseline) if v is not None]
    low, high = min(known), max(known)
    step = (TINY[0] - 8) / max(len(values) - 1, 1)

    def height(value: float) -> float:
        return 3 + (TINY[1] - 6) * ((high - value) / (high - low) if high > low else 0.5)

    spots = [None if v is None else (3 + i * step, height(v)) for i, v in enumerate(values)]
    colour = family_colour(colours, family)
    drawn = "".join(
        f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="1.8"/>' for d in _paths(spots)
    )
    if baseline is not None:
        line = f'd="M0 {height(baseline):.1f}H{TINY[0]}" stroke="{colours.muted}" stroke-dasharray="1 3"'
        drawn = f"<path {line}/>" + drawn
    end = spots[-1] if spots else None
    drawn += f'<circle cx="{end[0]:.1f}" cy="{end[1]:.1f}" r="2.6" fill="{colour}"/>' if end else ""
    return _image(drawn, *TINY, "", "tw-tiny")


def bar(share: float, family: str, theme: str) -> str:
    """A bar over so much of its full length, as an image, in the colour of a family."""
    colours, (wide, high) = palette(theme), TINY
    ground = f'<rect y="{high / 2 - 3}" width="{wide}" height="6" rx="3" fill="{colours.rule}"/>'
    own = f'width="{wide * min(max(share, 0.0), 1.0):.1f}" fill="{family_colour(colours, family)}"'
    return _image(f'{ground}<rect y="{high / 2 - 3}" {own} height="6" rx="3"/>', *TINY, "", "tw-tiny")


def _key(line: Line, colours: Palette) -> str:
    look = "solid 3px" if line.family == "quality" else "dashed 2px"
    return f'<span class="tw-key" style="border-top:{look} {family_colour(colours, line.family)}"></span>'


def _shares(line: Line) -> list[float | None]:
    return [p.share(p.value) for p in line.points]


def _last(line: Line) -> str:
    name = safe(line.label.lower())
    known = [(p.cycle, s) for p in line.points if (s := p.share(p.value)) is not None]
    if not known:
        return f"{name} unknown"
    cycle, share = known[-1]
    return f"{name} {share:.0f} %" + ("" if cycle == line.points[-1].cycle else f" at cycle {cycle}")


def _stroke(line: Line, low: float, high: float, colours: Palette) -> str:
    colour = family_colour(colours, line.family)
    shares = _shares(line)
    step = (WIDE - 12) / max(len(shares) - 1, 1)
    spots = [
        None if s is None else (4 + i * step, 4 + (HIGH - 8) * (high - s) / (high - low))
        for i, s in enumerate(shares)
    ]
    look = 'stroke-width="2.6"' if line.family == "quality" else 'stroke-width="2" stroke-dasharray="3 2.5"'
    paths = "".join(f'<path d="{d}" fill="none" stroke="{colour}" {look}/>' for d in _paths(spots))
    end = next((s for s in reversed(spots) if s is not None), None)
    return paths + (f'<circle cx="{end[0]:.1f}" cy="{end[1]:.1f}" r="3" fill="{colour}"/>' if end else "")


def _paths(spots: Sequence[tuple[float, float] | None]) -> list[str]:
    out: list[str] = []
    before: tuple[float, float] | None = None
    for spot in spots:
        if spot is not None:
            here = f"{spot[0]:.1f} {spot[1]:.1f}"
            if before is None:
                out.append(f"M{here}")
            else:
                out[-1] += f"L{here}"
        before = spot
    return out


def _image(drawn: str, wide: int, high: int, words: str, kind: str) -> str:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}">{drawn}</svg>'
    packed = base64.b64encode(svg.encode()).decode()
    return f'<img class="{kind}" alt="{safe(words)}" src="data:image/svg+xml;base64,{packed}">'
