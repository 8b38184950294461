"""The eval: every cycle's model answers the prompts, and tail texts that no training pair ever held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sample_data.holdout import stream
from tests.benchmarks.lead_time.memory import LINEAGE
from tests.benchmarks.lead_time.parts import Parts
from tests.benchmarks.lead_time.regimes import RIGHT, Asking
from tests.benchmarks.lead_time.vectors import Encoder
from tests.benchmarks.lead_time.worlds.base import Asked, Floats, Ints, Model, Texts

# The topics of classes from the most frequent on, again and again: two have some 300 prompts of 800 each, so
# that their metrics can vote, and two some 100, so that none can.
TOPICS = "ababcabd"
ABSENT = ("finish_reason", "error", "logprob", "verified", "actions")


@dataclass(frozen=True)
class Exam:
    """Prompts in order of their ids, then the oracle's texts; and the columns that say so in every cycle."""

    section: Ints
    asked: Asked
    columns: Mapping[str, object]

    @staticmethod
    def of(texts: Texts, split: Parts, rows: Ints, sliced: bool) -> Exam:
        """Of the prompts in these rows; where they are sliced, each has a topic."""
        ids = texts.rows["id"].to_numpy(object)
        rows = rows[np.argsort(ids[rows].astype(str), kind="stable")]
        section, prompts = texts.pairs.section[rows], texts.rows["text"].to_numpy(object)[rows]
        columns = {
            "lineage": LINEAGE,
            "example_id": ids[rows],
            "label": np.array(texts.coder.sections, object)[section],
            "weight": split.weight[section],
            "example_key": prompt_keys(ids[rows], prompts),
        }
        if sliced:
            columns["slice.topic"] = topics(texts)[section]
        both = np.concatenate([rows, split.oracle])
        return Exam(texts.pairs.section[both], Asked(texts.pairs.words[both]), columns)


class Panel:
    """The prompts of one seed, and what was answered so far: outputs frames and facts by cycle."""

    def __init__(
        self, texts: Texts, encoder: Encoder, split: Parts, seed: int, *, sliced: bool = False
    ) -> None:
        self._texts, self._encoder, self._split, self._sliced = texts, encoder, split, sliced
        self._order = stream(seed, "others").permutation(len(split.prompts))
        self._exams: dict[float, Exam] = {}
        self.frames: dict[int, pd.DataFrame] = {}
        self.facts: dict[int, dict[str, str]] = {}

    def _exam(self, other: float) -> Exam:
        """The prompts, some of them replaced by spare ones."""
        if other not in self._exams:
            rows, number = self._split.prompts.copy(), round(other * len(self._split.prompts))
            rows[self._order[:number]] = self._split.spare[:number]
            self._exams[other] = Exam.of(self._texts, self._split, rows, self._sliced)
        return self._exams[other]

    def ask(self, cycle: int, model: Model, how: Asking, rng: np.random.Generator) -> float:
        """Let a cycle's model answer; returns its recall of the tail."""
        exam, prompts = self._exam(how.other), len(self._split.prompts)
        chance = model.judge(exam.asked)
        named = chance.argmax(axis=1)
        answers = _answers(model, named[:prompts], how, rng)
        own = {
            "cycle": cycle,
            "output": self._texts.coder.decode(answers),
            "embedding": list(self._encoder.of(answers)),
            "prediction": np.array(self._texts.coder.sections, object)[named[:prompts]],
            "score": _score(chance[:prompts], exam.section[:prompts], how.scorer),
        }
        self.frames[cycle] = pd.DataFrame({**exam.columns, **own, **dict.fromkeys(ABSENT)})
        self.facts[cycle] = {"decoding": how.decoding, "scorer": how.scorer}
        return float(np.mean(named[prompts:] == exam.section[prompts:]))


def _answers(model: Model, named: Ints, how: Asking, rng: np.random.Generator) -> Ints:
    """A text for each named class; where they are longer, some go on with a second one."""
    answers = model.write(named, rng, how.temperature)
    if not how.longer:
        return answers
    more = np.zeros_like(answers)
    longer = np.flatnonzero(rng.random(len(named)) < how.longer)
    more[longer] = model.write(named[longer], rng, how.temperature)
    return np.concatenate([answers, more], axis=1)


def topics(texts: Texts) -> np.ndarray:
    """The topic of each class."""
    rank = np.argsort(np.argsort(-np.bincount(texts.pairs.section), kind="stable"), kind="stable")
    return np.array(list(TOPICS), object)[rank % len(TOPICS)]


def prompt_keys(ids: np.ndarray, prompts: np.ndarray) -> Ints:
    """The key of each prompt: its id and its words, as the gate makes it."""
    return pd.util.hash_array(np.asarray(ids + "\x1f" + prompts, object)).view(np.int64)


def _score(chance: Floats, section: Ints, scorer: str) -> Floats:
    """Reciprocal rank of the right class, 0 where it is out of the question; or whether it comes first."""
    right = chance[np.arange(len(section)), section]
    rank = 1 + (chance > right[:, None]).sum(axis=1)
    if scorer == RIGHT:
        return np.asarray(rank == 1, float)
    return np.asarray(np.where(np.isneginf(right), 0.0, 1 / rank))


def reference(texts: Texts, encoder: Encoder, split: Parts) -> pd.DataFrame:
    """The pinned human texts, as they come back from a store."""
    place = split.reference[np.argsort(texts.rows["id"].to_numpy(str)[split.reference], kind="stable")]
    rows = texts.rows.iloc[place]
    known = {
        "example_id": rows["id"].to_numpy(object),
        "output": rows["text"].to_numpy(object),
        "label": rows["section"].to_numpy(object),
        "embedding": list(encoder.of(texts.pairs.words[place])),
        "weight": 1.0,
    }
    return pd.DataFrame({**known, **dict.fromkeys((*ABSENT, "prediction", "score"))})
