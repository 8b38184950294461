"""Copying: the same output is said again."""

import numpy as np
import pandas as pd

from metrics.core import Undefined
from metrics.injecting import Answers, Ints, Random, injection, touched


@injection("copying", "Copying")
def copying(answers: Answers, strength: float, rng: Random) -> pd.DataFrame:
    """Outputs become copies of another answer to the same prompt or, where each has one, of the same class.

    Predictions stay.
    """
    if not answers.has("output") and not answers.has("embedding"):
        raise Undefined("The outputs have neither texts nor vectors.")
    group = _groups(answers)
    order = np.argsort(group, kind="stable")
    nth = np.empty(len(group), np.int64)
    nth[order] = np.arange(len(group)) - np.searchsorted(group[order], group[order])
    # Every second one first, then the ones that they were copied from, and the first of each group last.
    rows = touched(np.where(nth == 0, 2, 1 - nth % 2), strength, rng)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    source = np.arange(len(group))
    led = rows[nth[rows] % 2 == 0]
    source[led] = order[place[led] - nth[led]]
    following = rows[nth[rows] % 2 == 1]
    source[following] = source[order[place[following] - 1]]
    return answers.taken(source)


def _groups(answers: Answers) -> Ints:
    """A number for the prompt of each row where some have several outputs, else for its class."""
    prompt = pd.factorize(answers.frame["example_id"])[0].astype(np.int64)
    return prompt if len(prompt) > int(prompt.max(initial=-1)) + 1 else answers.classes[0]
