"""diversity: n-gram diversity, distinct-1 to distinct-4 summed.

The package's first import loads all of its modules: spacy and openai, which it does not declare, and
sentence-transformers with torch (6 GB), which n-gram diversity does not touch. The lightest way in: install
the package alone, and put stand-ins in the place of what is only imported. nltk is real.

Texts are split at single spaces; n-grams run across the borders of texts; the sum is rounded to three
decimals.
"""

import sys
from collections.abc import Callable
from unittest.mock import MagicMock

TAKES = "texts"
ALONE = ("diversity==0.3.1",)
REQUIRES = ("nltk==3.10.4", "numpy==2.4.6", "tqdm==4.70.1")
STAND_INS = (
    "evaluate",
    "openai",
    "pydantic",
    "rouge_score",
    "sentence_transformers",
    "sklearn",
    "sklearn.metrics",
    "sklearn.metrics.pairwise",
    "spacy",
    "yaml",
)


def prepare(data: list[str], num_n: int = 4) -> Callable[[], float]:
    sys.modules.update({name: MagicMock() for name in STAND_INS})
    from diversity import ngram_diversity_score

    return lambda: ngram_diversity_score(data, num_n)
