"""What a world is: where its human texts come from, and how a model is fitted to pairs of text and class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from sample_data.holdout import tail_sections
from sample_data.model import Coder, Pairs

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
T = TypeVar("T")


class Asked:
    """Texts that a classifier judges, and what was worked out of them: most are judged in every cycle."""

    def __init__(self, words: Ints) -> None:
        self.words = words
        self._known: dict[str, Any] = {}

    def once(self, name: str, make: Callable[[Ints], T]) -> T:
        """What `make` makes of the texts, made at the first call."""
        if name not in self._known:
            self._known[name] = make(self.words)
        found: T = self._known[name]
        return found


class Model(Protocol):
    """A classifier and a generator fitted to the same pairs."""

    def judge(self, asked: Asked) -> Floats:
        """The log-chance of each class for each text, up to a constant of the text."""

    def write(self, section: Ints, rng: np.random.Generator, temperature: float = 1.0) -> Ints:
        """One text for each of these classes."""


@dataclass(frozen=True)
class Texts:
    """All human texts of a world: id, text and section, the same as numbers, and the natural tail."""

    rows: pd.DataFrame
    coder: Coder
    pairs: Pairs
    tail: Bools

    @staticmethod
    def of(rows: pd.DataFrame) -> Texts:
        """Number the texts and find the classes that are rare among them."""
        coder = Coder.of(rows)
        tail = np.isin(coder.sections, tail_sections(rows["section"]))
        return Texts(rows, coder, coder.encode(rows), tail)


@dataclass(frozen=True)
class World:
    """Human texts and a pair of models.

    `load` gives id, text (at most 24 words) and section. `fit` is given training pairs and, where the
    retrain starts from the last cycle's weights, that cycle's model. `pairs` is what a cycle is trained on.
    """

    name: str
    pairs: int
    reference: int
    load: Callable[[], pd.DataFrame]
    fit: Callable[[Pairs, Coder, np.random.Generator, Model | None], Model]
