"""Shortening: outputs end half-way."""

from typing import Any

import numpy as np
import pandas as pd

from metrics.core import Undefined
from metrics.injecting import Answers, Random, as_column, injection, touched
from metrics.text import tokenize


@injection("shortening", "Shortening")
def shortening(answers: Answers, strength: float, rng: Random) -> pd.DataFrame:
    """Any outputs end after half their words; an agent's trace after half its actions.

    Vectors that came with the outputs stay, for the encoder that made them is not here.
    """
    if not answers.has("output") and not answers.has("actions"):
        raise Undefined("The outputs have no texts.")
    rows = touched(np.zeros(len(answers)), strength, rng)
    columns = {}
    for name, cut in (("output", _cut_text), ("actions", _cut_list)):
        if answers.has(name):
            cells = answers.frame[name].to_numpy(object, copy=True)
            cells[rows] = [cut(cell) for cell in cells[rows]]
            columns[name] = as_column(cells, answers.frame[name])
    return answers.frame.assign(**columns)


def _cut_text(text: Any) -> Any:
    """The first half of a text's words; of a script without spaces, of its characters.

    >>> _cut_text("one two three"), _cut_text("日本語だ"), _cut_text("one")
    ('one two', '日本', 'one')
    """
    if not isinstance(text, str):
        return text
    words = text.split()
    if len(words) == 1 and len(tokenize(text, 2)) > 1:
        return text[: (len(text) + 1) // 2]
    return " ".join(words[: (len(words) + 1) // 2])


def _cut_list(actions: Any) -> Any:
    return actions[: (len(actions) + 1) // 2] if isinstance(actions, list) else actions
