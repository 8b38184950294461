"""prdc: k-NN precision, recall, density and coverage, the data against a reference.

All distances at once, three n x n matrices in turn. A reference point with k duplicates has radius 0 and can
never be covered.
"""

from collections.abc import Callable
from typing import Any

TAKES = "two vectors"
REQUIRES = ("prdc==0.2", "numpy==2.4.6", "scikit-learn==1.9.1")
MOST = 10_000


def prepare(data: Any, reference: Any, nearest_k: int = 5) -> Callable[[], dict[str, float]]:
    from prdc import compute_prdc

    return lambda: compute_prdc(reference, data, nearest_k)
