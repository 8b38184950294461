"""nltk: mean exact Self-BLEU-4, smoothing method 1, every text against all others.

Quadratic. Texts are split at white space.
"""

from collections.abc import Callable

TAKES = "texts"
REQUIRES = ("nltk==3.10.4",)
MOST = 2_000


def prepare(data: list[str]) -> Callable[[], float]:
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    words = [text.split() for text in data]
    smooth = SmoothingFunction().method1

    def call() -> float:
        scores = [
            sentence_bleu(words[:i] + words[i + 1 :], text, smoothing_function=smooth)
            for i, text in enumerate(words)
        ]
        return sum(scores) / len(scores)

    return call
