"""The value in percent of what the human reference has."""

from __future__ import annotations

from metrics.figures import statistic
from metrics.spots import Spot, percent


@statistic(
    "pct_reference",
    "% of the human reference",
    says="{} % of the human reference",
    needs_reference=True,
    least=0.0,
    level=lambda spot, line: line / 100 * spot.reference(),
)
def pct_reference(spot: Spot) -> float:
    """The value in percent of what the pinned human reference has, measured under the same conditions.

    Unknown for metrics that human texts have no value of, such as scores that were not given with them, and
    for those that count types where there are fewer human texts than outputs are compared.
    """
    return percent(spot.value(), spot.reference(), "The human reference")
