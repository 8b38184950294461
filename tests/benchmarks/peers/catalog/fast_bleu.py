"""fast-bleu: mean exact Self-BLEU-4, smoothing method 1.

There is no wheel: pip compiles it, which takes g++ and 10 seconds. Texts are split at white space.
"""

from collections.abc import Callable

TAKES = "texts"
NEEDS = ("g++",)
REQUIRES = ("fast-bleu==0.0.90",)


def prepare(data: list[str]) -> Callable[[], float]:
    from fast_bleu import SelfBLEU

    words = [text.split() for text in data]

    def call() -> float:
        scores = SelfBLEU(words, {4: (0.25,) * 4}).get_score()[4]
        return sum(scores) / len(scores)

    return call
