"""Narrowing planted in real outputs: what an injection declares, what it is given, and how it answers anew.

An injection is a pure function of one cycle's outputs, a strength (the share of the outputs that it changes)
and a seeded generator. It lies in a file of its own in metrics/injections and is found by looking there.

What a prompt asks (its label, weight, slices) stays. Scores and a verifier's word stay too: whoever gave them
is not here to judge the changed output, and an alarm that must not lean on the mean score is tested without.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrics.core import Registry, Undefined
from metrics.embed import Vectors
from metrics.features import vectors_of
from metrics.modes import Modes

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Random = np.random.Generator

# Of a row's columns those that are no part of the output; slices neither. A prediction may go either way.
KEPT = frozenset(
    {
        *("lineage", "cycle", "example_id", "example_key", "sample", "seed", "prompt", "reference", "label"),
        *("weight", "score", "verified", "metadata"),
    }
)


@dataclass(frozen=True, eq=False)
class Answers:
    """The outputs of one cycle, and what an injection may know beside them.

    `spare` are outputs of other healthy cycles of the same lineage, with the columns of `frame`: an answer
    that takes the place of another comes from there, so that no text is said twice that was not before.
    `tail` are the tail classes, `mass` the natural mass of each class, `modes` the kinds of output.
    """

    frame: pd.DataFrame
    spare: pd.DataFrame
    tail: Sequence[str] = ()
    mass: Mapping[str, float] = field(default_factory=dict)
    modes: Modes | None = None

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def classes(self) -> tuple[Ints, Ints]:
        """The class of each output and of each spare one, by number; all alike where there are no labels."""
        both = pd.concat([self.frame["label"], self.spare["label"]]).astype(object)
        codes = pd.factorize(both, use_na_sentinel=False)[0].astype(np.int64)
        return codes[: len(self)], codes[len(self) :]

    @cached_property
    def vectors(self) -> tuple[Vectors, Vectors]:
        """Unit vectors of the outputs and of the spare ones. Raises Undefined where there are none."""
        found = vectors_of(self.frame), vectors_of(self.spare)
        if found[0] is None or found[1] is None:
            raise Undefined("The outputs have neither texts nor vectors.")
        return found[0], found[1]

    @cached_property
    def mode(self) -> tuple[Ints, Ints]:
        """The mode of each output and of each spare one; the rarest has the highest number."""
        if self.modes is None:
            raise Undefined("No kinds of output are known: there are too few different ones.")
        return self.modes.of(self.vectors[0]), self.modes.of(self.vectors[1])

    def has(self, column: str) -> bool:
        """Whether some output has it."""
        return column in self.frame and bool(self.frame[column].notna().any())

    def answered(self, rows: Ints, spares: Ints, *, predicted: bool = False) -> pd.DataFrame:
        """The outputs with those of some rows replaced by spare ones, their predictions too if so asked."""
        take = np.arange(len(self))
        take[rows] = len(self) + spares
        return self.taken(take, predicted=predicted)

    def taken(self, take: Ints, *, predicted: bool = False) -> pd.DataFrame:
        """The outputs where row i says what row `take[i]` says: of these, and the spare ones behind them."""
        kept = KEPT if predicted else KEPT | {"prediction"}
        moved = {}
        for name in self.frame.columns:
            if name not in kept and not name.startswith("slice."):
                both = [rows[name].to_numpy(object) for rows in (self.frame, self.spare)]
                moved[name] = as_column(np.concatenate(both)[take], self.frame[name])
        return self.frame.assign(**moved)

    def alike(self, rows: Ints, allowed: Bools, rng: Random) -> Ints:
        """For each row a spare output of its class that is allowed: each at most once, where enough are left.

        A class of which no such output is left is answered by others.
        """
        mine, theirs = self.classes
        spare = rng.permutation(np.flatnonzero(allowed))
        found = np.empty(len(rows), np.int64)
        for code in np.unique(mine[rows]):
            asked = np.flatnonzero(mine[rows] == code)
            own = spare[theirs[spare] == code]
            found[asked] = own[: len(asked)] if len(own) >= len(asked) else rng.choice(spare, len(asked))
        return found


Inject = Callable[[Answers, float, Random], pd.DataFrame]


@dataclass(frozen=True)
class Injection:
    """A kind of narrowing that can be planted. Raises Undefined where the outputs lack what it works on."""

    name: str
    label: str
    inject: Inject = field(compare=False)

    @property
    def doc(self) -> str:
        """What it does, in words."""
        return inspect.getdoc(self.inject) or ""


INJECTIONS: Registry[Injection] = Registry("metrics.injections")


def injection(name: str, label: str) -> Callable[[Inject], Inject]:
    """Declare the decorated function as an injection."""

    def register(inject: Inject) -> Inject:
        INJECTIONS.add(Injection(name, label, inject))
        return inject

    return register


def as_column(cells: npt.NDArray[np.object_], like: pd.Series) -> pd.Series:
    """New cells in the place of a column's, of its type."""
    return pd.Series(cells, like.index, dtype=object).astype(like.dtype)


def touched(order: npt.ArrayLike, strength: float, rng: Random) -> Ints:
    """The share of the rows that is changed: the lowest by `order`, at random among equals.

    >>> touched([2, 0, 1, 0], 0.5, np.random.default_rng(0)).tolist()
    [3, 1]
    """
    places = np.asarray(order, float)
    return np.lexsort((rng.random(len(places)), places))[: round(strength * len(places))]
