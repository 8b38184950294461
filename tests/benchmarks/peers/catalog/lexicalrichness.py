"""lexicalrichness: MTLD of all texts as one text, threshold 0.72.

Texts are split at white space and nothing else is done to them, so that words can be handed over as they are.
"""

from collections.abc import Callable

TAKES = "texts"
REQUIRES = ("lexicalrichness==0.5.1", "numpy==2.4.6", "pandas==3.1.1", "scipy==1.17.1")


def prepare(data: list[str], threshold: float = 0.72) -> Callable[[], float]:
    from lexicalrichness import LexicalRichness

    whole = " ".join(data)
    return lambda: LexicalRichness(whole, preprocessor=None, tokenizer=str.split).mtld(threshold)
