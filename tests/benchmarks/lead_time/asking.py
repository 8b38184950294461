"""The eval: every cycle's model answers the prompts, and tail texts that no training pair ever held."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample_data.holdout import stream
from tests.benchmarks.lead_time.memory import LINEAGE
from tests.benchmarks.lead_time.parts import Parts
from tests.benchmarks.lead_time.regimes import RIGHT, Asking
from tests.benchmarks.lead_time.worlds.base import Floats, Ints, Model, Texts

ABSENT = ("finish_reason", "error", "logprob", "embedding", "verified", "actions")


class Panel:
    """The prompts of one seed, and what was answered so far: outputs frames and facts by cycle."""

    def __init__(self, texts: Texts, split: Parts, seed: int) -> None:
        self._texts, self._split = texts, split
        self._order = stream(seed, "others").permutation(len(split.prompts))
        self._names = np.array(texts.coder.sections, dtype=object)
        self.frames: dict[int, pd.DataFrame] = {}
        self.facts: dict[int, dict[str, str]] = {}

    def _asked(self, other: float) -> Ints:
        """Row numbers of the prompts, some of them replaced by spare ones; in order of their ids."""
        rows, number = self._split.prompts.copy(), round(other * len(self._split.prompts))
        rows[self._order[:number]] = self._split.spare[:number]
        ids = self._texts.rows["id"].to_numpy(object)[rows]
        return rows[np.argsort(ids.astype(str), kind="stable")]

    def ask(self, cycle: int, model: Model, how: Asking, rng: np.random.Generator) -> float:
        """Let a cycle's model answer; returns its recall of the tail."""
        rows, pairs = self._asked(how.other), self._texts.pairs
        both = np.concatenate([rows, self._split.oracle])
        chance = model.judge(pairs.words[both])
        named = chance.argmax(axis=1)
        answers = self._answers(model, named[: len(rows)], how, rng)
        score = _score(chance[: len(rows)], pairs.section[rows], how.scorer)
        self.frames[cycle] = self._frame(cycle, rows, answers, named[: len(rows)], score)
        self.facts[cycle] = {"decoding": how.decoding, "scorer": how.scorer}
        return float(np.mean(named[len(rows) :] == pairs.section[self._split.oracle]))

    def _answers(self, model: Model, named: Ints, how: Asking, rng: np.random.Generator) -> list[str]:
        """A text for each named class; where they are longer, some go on with a second one."""
        decode = self._texts.coder.decode
        answers = decode(model.write(named, rng, how.temperature))
        longer = np.flatnonzero(rng.random(len(named)) < how.longer)
        for row, more in zip(longer, decode(model.write(named[longer], rng, how.temperature)), strict=True):
            answers[row] = f"{answers[row]} {more}"
        return answers

    def _frame(self, cycle: int, rows: Ints, answers: list[str], named: Ints, score: Floats) -> pd.DataFrame:
        """The outputs frame as it comes back from a store."""
        section = self._texts.pairs.section[rows]
        ids = self._texts.rows["id"].to_numpy(object)[rows]
        known = {
            "lineage": LINEAGE,
            "cycle": cycle,
            "example_id": ids,
            "output": answers,
            "label": self._names[section],
            "prediction": self._names[named],
            "score": score,
            "weight": self._split.weight[section],
            "example_key": prompt_keys(ids, self._texts.rows["text"].to_numpy(object)[rows]),
        }
        return pd.DataFrame(known | dict.fromkeys(ABSENT))


def prompt_keys(ids: Ints, prompts: Ints) -> Ints:
    """The key of each prompt: its id and its words, as the gate makes it."""
    return pd.util.hash_array(np.asarray(ids + "\x1f" + prompts, object)).view(np.int64)


def _score(chance: Floats, section: Ints, scorer: str) -> Floats:
    """Reciprocal rank of the right class, 0 where it is out of the question; or whether it comes first."""
    right = chance[np.arange(len(section)), section]
    rank = 1 + (chance > right[:, None]).sum(axis=1)
    if scorer == RIGHT:
        return (rank == 1).astype(float)
    return np.where(np.isneginf(right), 0.0, 1 / rank)


def reference(texts: Texts, split: Parts) -> pd.DataFrame:
    """The pinned human texts, as they come back from a store."""
    rows = texts.rows.iloc[split.reference].sort_values("id", ignore_index=True)
    known = {
        "example_id": rows["id"].astype(object),
        "output": rows["text"].astype(object),
        "label": rows["section"].astype(object),
        "weight": 1.0,
    }
    return pd.DataFrame(known | dict.fromkeys((*ABSENT, "prediction", "score")))
