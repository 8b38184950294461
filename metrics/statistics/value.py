"""The value itself."""

from __future__ import annotations

from metrics.core import Undefined
from metrics.figures import statistic
from metrics.spots import Spot


def _stored(spot: Spot) -> tuple[float, float]:
    """The interval that was measured with the value, and that every chart shows."""
    value = spot.known(spot.position)
    if value.low is None or value.high is None:
        raise Undefined("Its interval is not known.")
    return value.low, value.high


@statistic("value", "its value", level=lambda _, line: line, interval=_stored)
def value(spot: Spot) -> float:
    """The metric's value as it was measured. Its interval is the one that the charts show."""
    return spot.value()
