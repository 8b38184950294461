"""The value in percent of its baseline."""

from __future__ import annotations

from metrics.figures import statistic
from metrics.spots import Spot


@statistic(
    "pct_baseline",
    "% of its baseline",
    says="{} % of its baseline",
    least=0.0,
    level=lambda spot, line: line / 100 * spot.baseline(),
)
def pct_baseline(spot: Spot) -> float:
    """The value in percent of the mean of its baseline: 100 is no change, 80 a loss of a fifth."""
    return spot.of_baseline()
