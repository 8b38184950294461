"""river: the Page-Hinkley test over a stream of numbers; the value is how often and where it detects.

Small beside the others: it needs scipy and numpy, which it shares with this project, and narwhals. Options
are those of its PageHinkley.
"""

from collections.abc import Callable, Sequence
from typing import Any

TAKES = "counts"
REQUIRES = ("river==0.26.1", "numpy==2.4.6", "scipy==1.17.1")


def prepare(data: Sequence[float], **options: Any) -> Callable[[], dict[str, float]]:
    from river.drift import PageHinkley

    def call() -> dict[str, float]:
        test, found = PageHinkley(**options), []
        for i, value in enumerate(data):
            test.update(float(value))
            if test.drift_detected:
                found.append(i)
        return {"detections": len(found), "first": min(found, default=-1), "positions": sum(found)}

    return call
