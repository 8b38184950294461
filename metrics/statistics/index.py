"""How far several metrics lie from their baselines, all together."""

from __future__ import annotations

from metrics.core import Undefined
from metrics.deviations import joint_index
from metrics.figures import statistic
from metrics.spots import Spot


@statistic(
    "index",
    "joint index, in normal movements",
    says="{} normal movements",
    subject="the joint index of {}",
    of="family",
)
def index(spot: Spot) -> float:
    """The joint distance of the voting metrics of a family, or of all of them, from their baselines.

    In normal movements, each metric turned so that below 0 is worse, allowing for how much they move
    together. Losses that are small in each but common to all show here first.
    """
    found = [moved for trend in spot.trends if (moved := spot.moved(trend)) is not None and moved.votes]
    joint = joint_index(found)
    if joint is None:
        raise Undefined("None of its metrics has enough outputs to vote.")
    return joint
