"""One chart per file: a story in, a plotly Figure out. Found by looking in this folder."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

from plotly.graph_objects import Figure

from dashboard.story import Story
from metrics.core import Registry


@dataclass(frozen=True)
class Chart:
    """A pure function from a story to a figure, with its name and what it shows in words."""

    name: str
    label: str
    draw: Callable[[Story], Figure] = field(compare=False)

    @property
    def doc(self) -> str:
        """The chart's docstring."""
        return inspect.getdoc(self.draw) or ""


CHARTS: Registry[Chart] = Registry("dashboard.charts")


def chart(name: str, label: str) -> Callable[[Callable[[Story], Figure]], Callable[[Story], Figure]]:
    """Declare the decorated function as a chart; `label` describes it to those who cannot see it."""

    def register(draw: Callable[[Story], Figure]) -> Callable[[Story], Figure]:
        CHARTS.add(Chart(name, label, draw))
        return draw

    return register
