"""Modes: what kinds of output there are where nobody named classes, found in the reference's vectors."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from metrics.embed import Vectors, normalise
from metrics.stats import rarest

FEWEST_POINTS = 100
MOST_MODES = 48
TYPICAL = 3
NAME_LENGTH = 60
ROUNDS = 15


@dataclass(frozen=True)
class Modes:
    """The clusters of a reference, most frequent first, frozen with the baseline.

    Each has a name and a few typical texts of its own, the share of the reference that lies in it, and
    whether it is one of the rare ones: those that together hold at most a fifth.
    """

    centres: Vectors = field(repr=False, compare=False)
    names: tuple[str, ...]
    typical: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...]
    rare: tuple[bool, ...]

    def of(self, vectors: Vectors) -> npt.NDArray[np.int64]:
        """The mode of each vector; -1 for one that is all zeros."""
        nearest = np.argmax(vectors @ self.centres.T, axis=1)
        return np.where(np.abs(vectors).max(axis=1, initial=0) > 0, nearest, -1)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, from which `from_dict` makes the same modes again."""
        return {
            "width": self.centres.shape[1],
            "centres": base64.b64encode(self.centres.astype("<f4").tobytes()).decode(),
            "names": list(self.names),
            "typical": [list(texts) for texts in self.typical],
            "shares": list(self.shares),
            "rare": list(self.rare),
        }

    @staticmethod
    def from_dict(facts: Mapping[str, Any]) -> Modes:
        """The modes that `as_dict` wrote down."""
        centres = np.frombuffer(base64.b64decode(facts["centres"]), "<f4").reshape(-1, facts["width"])
        typical = tuple(tuple(texts) for texts in facts["typical"])
        return Modes(centres, tuple(facts["names"]), typical, tuple(facts["shares"]), tuple(facts["rare"]))


def find(vectors: Vectors, texts: Sequence[str], seed: int) -> Modes | None:
    """Cluster unit vectors (rows of zeros are left out) by k-means; None where there are too few.

    About sqrt(n / 2) modes, at most MOST_MODES, started far apart (k-means++, Arthur and Vassilvitskii 2007).
    """
    from scipy.cluster.vq import kmeans2

    filled = np.flatnonzero(np.abs(vectors).max(axis=1, initial=0) > 0).tolist()
    points = vectors[filled].astype(float)
    if len(np.unique(points.round(6), axis=0)) < FEWEST_POINTS:
        return None
    count = min(MOST_MODES, int(np.sqrt(len(points) / 2)))
    centres, _ = kmeans2(
        points, count, iter=ROUNDS, minit="++", missing="warn", rng=np.random.default_rng(seed)
    )
    units = normalise(centres)
    mode = np.argmax(points @ units.T, axis=1)
    sizes = np.bincount(mode, minlength=count)
    order = [int(k) for k in np.argsort(-sizes, kind="stable") if sizes[k]]
    rare = rarest({k: float(sizes[k]) for k in order})
    typical = [_typical(points, mode, units, k, [texts[i] for i in filled]) for k in order]
    return Modes(
        units[order],
        _names(typical),
        tuple(typical),
        tuple(float(sizes[k]) / len(points) for k in order),
        tuple(k in rare for k in order),
    )


def _typical(
    points: npt.NDArray[Any], mode: npt.NDArray[Any], centres: Vectors, k: int, texts: Sequence[str]
) -> tuple[str, ...]:
    rows = np.flatnonzero(mode == k)
    ordered = rows[np.argsort(-(points[rows] @ centres[k]), kind="stable")]
    different = dict.fromkeys(" ".join(texts[i].split())[:200] for i in ordered[:50].tolist())
    return tuple(different)[:TYPICAL]


def _names(typical: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The most typical text of each, shortened, told apart by a number where two agree."""
    names: list[str] = []
    for texts in typical:
        name = texts[0] if len(texts[0]) <= NAME_LENGTH else texts[0][: NAME_LENGTH - 1] + "…"
        told, again = name, 1
        while told in names:
            again += 1
            told = f"{name} ({again})"
        names.append(told)
    return tuple(names)
