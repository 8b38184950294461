"""The colours, one set for light and one for dark: the same hues, with lightness adapted to be told apart.

Status hues belong to status alone, family hues to families. Everything drawn keeps a contrast of 3 to its
ground and everything written 4.5 (WCAG AA), which the tests measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Palette:
    """Every colour of one theme, by what it means."""

    ground: str
    raised: str
    ink: str
    muted: str
    rule: str
    status: Mapping[str, str] = field(hash=False)
    family: Mapping[str, str] = field(hash=False)
    mix: Mapping[str, str] = field(hash=False)


LIGHT = Palette(
    ground="#FFFFFF",
    raised="#F6F7F8",
    ink="#1B1F24",
    muted="#5B6570",
    rule="#DDE1E6",
    status={
        "learning": "#7A8490",
        "healthy": "#009E73",
        "watch": "#BD8200",
        "narrowing": "#D55E00",
        "collapse": "#9B1D3A",
        "not_comparable": "#7A8490",
    },
    family={
        "quality": "#1B1F24",
        "tail": "#0072B2",
        "diversity": "#BE5F95",
        "coverage": "#2B93D1",
        "other": "#6B7580",
    },
    mix={
        "human": "#1B1F24",
        "generative": "#AEB6BF",
        "simulation": "#C6CCD3",
        "augmentation": "#DCE0E5",
    },
)
DARK = Palette(
    ground="#14171B",
    raised="#1C2026",
    ink="#E8EAED",
    muted="#A3ADB8",
    rule="#333A43",
    status={
        "learning": "#8C96A2",
        "healthy": "#1DB88A",
        "watch": "#E69F00",
        "narrowing": "#F07A22",
        "collapse": "#E0577B",
        "not_comparable": "#8C96A2",
    },
    family={
        "quality": "#E8EAED",
        "tail": "#3E97E0",
        "diversity": "#DE8FBB",
        "coverage": "#7CCBF5",
        "other": "#98A2AE",
    },
    mix={
        "human": "#E8EAED",
        "generative": "#68727E",
        "simulation": "#525B66",
        "augmentation": "#3F4750",
    },
)


def palette(theme: str) -> Palette:
    """The colours of a theme; anything but 'dark' is light."""
    return DARK if theme == "dark" else LIGHT


def family_colour(colours: Palette, family: str) -> str:
    """The colour of a metric's family; complexity, health and what else there is share one grey."""
    return colours.family.get(family, colours.family["other"])


def faded(colour: str, opacity: float) -> str:
    """A colour with an opacity.

    >>> faded("#FF0080", 0.5)
    'rgba(255,0,128,0.5)'
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG counts it, from 1 to 21.

    >>> round(contrast("#000000", "#FFFFFF"))
    21
    """
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
