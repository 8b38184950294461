"""scikit-learn: recall over classes, macro and micro, or over the classes given in `labels`."""

from collections.abc import Callable

TAKES = "labels"
REQUIRES = ("scikit-learn==1.9.1", "numpy==2.4.6", "scipy==1.17.1")


def prepare(data: list[tuple[str, str]], labels: list[str] | None = None) -> Callable[[], dict[str, float]]:
    from sklearn.metrics import recall_score

    truth, predicted = zip(*data, strict=True)
    return lambda: {
        average: recall_score(truth, predicted, labels=labels, average=average, zero_division=0)
        for average in ("macro", "micro")
    }
