"""Tail loss: rare classes are answered with common ones."""

import numpy as np
import pandas as pd

from metrics.core import Undefined
from metrics.injecting import Answers, Ints, Random, injection, touched


@injection("tail_loss", "Tail loss")
def tail_loss(answers: Answers, strength: float, rng: Random) -> pd.DataFrame:
    """Prompts of tail classes get the answer of a common class: its output and its prediction.

    At strengths beyond the tail the next rarest classes go too.
    """
    if not answers.has("label") or not answers.tail:
        raise Undefined("The outputs have no tail classes.")
    label = answers.frame["label"].astype(object)
    rows = touched(_rarity(answers, label), strength, rng)
    gone = set(answers.tail) | set(label.iloc[rows])
    common = answers.spare[["label", "prediction"]].astype(object)
    able = common["label"].notna() & ~common.isin(gone).any(axis=1)
    spare = np.flatnonzero(able)
    if not len(spare):
        raise Undefined("No common class is left to answer with.")
    chosen = rng.choice(spare, len(rows), replace=len(spare) < len(rows))
    return answers.answered(rows, chosen, predicted=True)


def _rarity(answers: Answers, label: pd.Series) -> Ints:
    """The place of each row's class, the rarest first: all tail classes share the first, no class is last."""
    names = sorted(answers.mass, key=lambda name: (answers.mass[name], name))
    place = {name: i for i, name in enumerate(names)} | dict.fromkeys(answers.tail, -1)
    return np.array([place.get(name, len(names)) for name in label], np.int64)
