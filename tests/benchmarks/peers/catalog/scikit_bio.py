"""scikit-bio: Chao1, Good's coverage, Robbins, Shannon and Hill numbers 1 and 2, from counts.

Shannon is in nats. Robbins is f1/N, so it is 1 - Good's coverage to the last digit.
"""

from collections.abc import Callable
from typing import Any

TAKES = "counts"
REQUIRES = ("scikit-bio==0.7.4", "numpy==2.4.6", "pandas==3.1.1", "scipy==1.17.1")


def prepare(data: Any) -> Callable[[], dict[str, float]]:
    from skbio.diversity import alpha

    return lambda: {
        "chao1": alpha.chao1(data),
        "goods_coverage": alpha.goods_coverage(data),
        "robbins": alpha.robbins(data),
        "shannon": alpha.shannon(data),
        "hill_1": alpha.hill(data, order=1),
        "hill_2": alpha.hill(data, order=2),
    }
