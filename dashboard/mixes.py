"""Training mixes as they are stored."""

from __future__ import annotations

from metrics.core import TailwatchError
from metrics.fields import MIX_KINDS, parse_mix


def mix(stored: object) -> dict[str, float]:
    """A training mix as it is stored; empty where there is none."""
    try:
        return parse_mix(stored) if isinstance(stored, str) else {}
    except TailwatchError:
        return {}


def human_share(stored: object) -> float | None:
    """The share of human training examples; None where the mix is not known."""
    parts = {k: v for k, v in mix(stored).items() if k in MIX_KINDS[:4]}
    whole = sum(parts.values())
    return parts.get("human", 0.0) / whole if whole else None
