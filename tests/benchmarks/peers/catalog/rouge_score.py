"""rouge-score: ROUGE-L F, the mean over all pairs.

Quadratic: hand over few texts. The package splits texts itself, to runs of a-z and 0-9 in lower case.
"""

from collections.abc import Callable
from itertools import combinations

TAKES = "texts"
REQUIRES = ("rouge-score==0.1.2", "numpy==2.4.6", "nltk==3.10.4")
MOST = 2_000


def prepare(data: list[str]) -> Callable[[], float]:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"])

    def call() -> float:
        scores = [scorer.score(one, other)["rougeL"].fmeasure for one, other in combinations(data, 2)]
        return sum(scores) / len(scores)

    return call
