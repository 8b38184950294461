"""The recursion: every cycle's training pairs are put together, and its model is fitted to them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from sample_data.holdout import stream
from sample_data.model import Pairs
from tests.benchmarks.lead_time.parts import Parts
from tests.benchmarks.lead_time.regimes import HUMAN, Mix, Regime
from tests.benchmarks.lead_time.settings import Setting
from tests.benchmarks.lead_time.worlds.base import Asked, Floats, Ints, Model, Texts, World

# How far, on the log scale, the shares of classes and the number of pairs vary from cycle to cycle for each
# unit of seed noise above 1.
SHARES, PAIRS = 0.4, 0.15
FEWEST, MOST = 0.35, 2.5
BURN_IN = 6


def drawn(pull: Floats, number: int, rng: np.random.Generator) -> Ints:
    """Different rows, each as likely as its pull says (Gumbel's trick: the largest of disturbed logs)."""
    number = min(number, len(pull))
    ranked = np.log(pull) + rng.gumbel(size=len(pull))
    return np.asarray(np.argpartition(ranked, len(pull) - number)[len(pull) - number :])


class Unsteady:
    """How one cycle's human draw differs from the next: in the shares of classes and in size.

    Both wander as a stationary first-order process whose memory is the warm share.
    """

    def __init__(self, setting: Setting, classes: int) -> None:
        self._scale = np.array([SHARES] * classes + [PAIRS]) * (setting.noise - 1)
        self._memory = setting.warm
        self._now: Floats | None = None

    def step(self, rng: np.random.Generator) -> tuple[Floats, float]:
        """By how much each class's share, and the number of pairs, are multiplied in this cycle."""
        fresh = rng.standard_normal(len(self._scale))
        if self._now is not None:
            fresh = self._memory * self._now + np.sqrt(1 - self._memory**2) * fresh
        self._now = fresh
        factor = np.exp(self._scale * fresh)
        return factor[:-1], float(np.clip(factor[-1], FEWEST, MOST))


class Line:
    """One line of models, retrained cycle after cycle."""

    def __init__(self, world: World, texts: Texts, parts: Parts, setting: Setting) -> None:
        self._world, self._texts, self._setting = world, texts, setting
        self._pool, self._pull = texts.pairs.take(parts.pool), parts.pull
        self._unsteady = Unsteady(setting, len(texts.coder.sections))
        self._rows: Ints = np.empty(0, np.int64)
        self._fixed: Ints | None = None
        self._heap: list[Pairs] = []
        self._train: Pairs | None = None
        self._model: Model | None = None

    def cycle(self, mix: Mix, rng: np.random.Generator) -> Model:
        """Retrain once."""
        shares, size = self._unsteady.step(rng)
        number = round(self._world.pairs * size)
        parts = [
            make(round(number * share), mix, rng)
            for share, make in (
                (mix.fresh, partial(self._fresh, shares)),
                (mix.fixed, self._same),
                (mix.own, self._own),
                (mix.heap, self._heaped),
            )
            if share
        ]
        self._train = joined(parts)
        before = self._model if self._setting.warm else None
        self._model = self._world.fit(self._train, self._texts.coder, rng, before)
        return self._model

    def _fresh(self, shares: Floats, number: int, mix: Mix, rng: np.random.Generator) -> Pairs:
        """Human pairs, of which the warm share was there in the last cycle."""
        keep = rng.permutation(self._rows)[: round(self._setting.warm * number)]
        pull = self._pull * shares[self._pool.section]
        pull[keep] = np.inf
        self._rows = drawn(pull, number, rng)
        return self._pool.take(self._rows)

    def _same(self, number: int, mix: Mix, rng: np.random.Generator) -> Pairs:
        """The first of one set of human pairs, which is drawn once."""
        if self._fixed is None:
            self._fixed = rng.permutation(drawn(self._pull, self._world.pairs, rng))
        return self._pool.take(self._fixed[:number])

    def _own(self, number: int, mix: Mix, rng: np.random.Generator) -> Pairs:
        """Pairs by the last cycle's model: classes as it saw them, then a text for each."""
        assert self._model is not None
        assert self._train is not None
        section = rng.choice(self._train.section, number * (2 if mix.confident else 1))
        pairs = Pairs(self._model.write(section, rng, mix.temperature), section)
        return surest(pairs, self._model, number) if mix.confident else pairs

    def _heaped(self, number: int, mix: Mix, rng: np.random.Generator) -> Pairs:
        """Pairs from the heap, on which the last model's output is put first."""
        self._heap = self._heap or [self._same(self._world.pairs, mix, rng)]
        self._heap.append(self._own(self._world.pairs, mix, rng))
        heap = joined(self._heap)
        return heap.take(rng.choice(len(heap.section), min(number, len(heap.section)), replace=False))


def joined(parts: list[Pairs]) -> Pairs:
    """All pairs in a row."""
    words = np.concatenate([part.words for part in parts])
    return Pairs(words, np.concatenate([part.section for part in parts]))


def surest(pairs: Pairs, model: Model, number: int) -> Pairs:
    """The pairs whose class the model finds likeliest, given the text."""
    chance = model.judge(Asked(pairs.words))
    chance = chance - chance.max(axis=1, keepdims=True)
    own = chance[np.arange(len(pairs.section)), pairs.section] - np.log(np.exp(chance).sum(axis=1))
    return pairs.take(np.argsort(-own, kind="stable")[:number])


def run(
    world: World, texts: Texts, parts: Parts, setting: Setting, regime: Regime, seed: int
) -> Iterator[tuple[int, Model, np.random.Generator]]:
    """The model of each cycle, and the random stream that its evaluation goes on with."""
    label = f"{world.name}/{setting.name}/{regime.name}"
    line = Line(world, texts, parts, setting)
    # A line of warm starts comes to rest before it is watched.
    for before in range(BURN_IN if setting.warm else 0):
        line.cycle(HUMAN, stream(seed, f"{label}/before/{before}"))
    for cycle in range(setting.cycles):
        rng = stream(seed, f"{label}/{cycle}")
        yield cycle, line.cycle(regime.mixed(cycle, seed), rng), rng
