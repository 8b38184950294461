"""An alert's evidence as the pages show it."""

from __future__ import annotations

import json
from typing import Any

from dashboard.story import Movement
from metrics.core import METRICS


def movements(evidence: str) -> tuple[Movement, ...]:
    """An alert's evidence as rows, the lowest first."""
    catalog = METRICS.all()
    return tuple(
        Movement(row["metric"], catalog[row["metric"]].label, catalog[row["metric"]].family, row["z"])
        for row in rows(evidence)
        if row["metric"] in catalog
    )


def rows(evidence: str) -> list[dict[str, Any]]:
    """The rows of an alert's evidence; none where its rule gives another kind."""
    found = json.loads(evidence).get("metrics", [])
    return [row for row in found if isinstance(row, dict)]


def about(evidence: str) -> str | None:
    """The metric that the alert's message begins with; None where its rule does not say."""
    found = json.loads(evidence).get("about")
    return found if isinstance(found, str) else None


def strength(evidence: str) -> float | None:
    """How low all voting metrics lie together, 1 at the line; None where the rule does not join them."""
    found = json.loads(evidence).get("strength")
    return float(found) if isinstance(found, int | float) else None
