"""vendi-score: the Vendi score of vectors from the d x d matrix (`score_dual`).

The form with the n x n matrix, `score_X`, ignores the order q that it is given.
"""

from collections.abc import Callable
from typing import Any

TAKES = "vectors"
REQUIRES = ("vendi-score==0.0.3", "numpy==2.4.6", "scipy==1.17.1", "scikit-learn==1.9.1")


def prepare(data: Any, q: float = 1) -> Callable[[], float]:
    from vendi_score import vendi

    return lambda: vendi.score_dual(data, q=q)
