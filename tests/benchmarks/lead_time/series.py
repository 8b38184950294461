"""A series: one line of models over its cycles, measured as a user's outputs are, and what an oracle sees."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from metrics import baselines, comparability, comparison, engine, lengthening, pipeline, text, traits
from metrics.core import History
from metrics.embed import encoder_name
from sample_data import holdout, model
from tests.benchmarks.corpus import BENCH
from tests.benchmarks.lead_time import (
    asking,
    memory,
    packing,
    parts,
    provenance,
    regimes,
    settings,
    training,
    vectors,
    worlds,
)
from tests.benchmarks.lead_time.memory import LINEAGE, Memory
from tests.benchmarks.lead_time.regimes import Regime
from tests.benchmarks.lead_time.settings import Setting
from tests.benchmarks.lead_time.worlds import WORLDS, base, learning, writing

FOLDER = BENCH / "lead_time"


@dataclass(frozen=True)
class Series:
    """One line of models.

    `onset`: the first cycle trained on own output, None where there is none; `recovery`: the first trained on
    human data again. `truth`: each cycle's recall of thousands of tail texts that nothing else looks at.
    `scores`: those of each cycle's rows, sorted.
    """

    world: str
    setting: str
    regime: str
    seed: int
    onset: int | None
    recovery: int | None
    history: History
    truth: tuple[float, ...]
    scores: Mapping[int, npt.NDArray[np.float64]] = field(compare=False)


def generate(world: str, setting: Setting, regime: Regime, seed: int) -> Series:
    """Train, ask and measure a series anew."""
    return _series(world, setting, regime, seed, _arrays(world, setting, regime, seed))


def read(world: str, setting: Setting, regime: Regime, seed: int, folder: Path = FOLDER) -> Series | None:
    """The series on disk; None where there is none, or where it was made in another way."""
    path = _path(world, setting, regime, seed, folder)
    try:
        with np.load(path) as found:
            if str(found["made_by"]) != key(world, setting, regime):
                return None
            return _series(world, setting, regime, seed, dict(found))
    except FileNotFoundError:
        return None


def is_there(world: str, setting: Setting, regime: Regime, seed: int, folder: Path = FOLDER) -> bool:
    """Whether the series is on disk, without reading it."""
    try:
        with np.load(_path(world, setting, regime, seed, folder)) as found:
            return str(found["made_by"]) == key(world, setting, regime)
    except FileNotFoundError:
        return False


def write(world: str, setting: Setting, regime: Regime, seed: int, folder: Path = FOLDER) -> None:
    """Make a series and put it on disk, whole or not at all."""
    path = _path(world, setting, regime, seed, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{seed}.{os.getpid()}.npz")
    found: dict[str, Any] = _arrays(world, setting, regime, seed)
    np.savez_compressed(half, made_by=np.array(key(world, setting, regime)), **found)
    half.replace(path)


def _path(world: str, setting: Setting, regime: Regime, seed: int, folder: Path) -> Path:
    return folder / world / setting.name / regime.name / f"{seed}.npz"


def _arrays(world: str, setting: Setting, regime: Regime, seed: int) -> packing.Arrays:
    store, truth = _measured(world, setting, regime, seed)
    return packing.packed(store) | {"truth": np.array(truth, np.float32)}


def _measured(world: str, setting: Setting, regime: Regime, seed: int) -> tuple[Memory, list[float]]:
    """Run the recursion, ask every cycle's model, and measure what it answered."""
    if regime.narrows and regime.turn(seed) >= setting.cycles:
        raise ValueError(f"'{regime.name}' begins in cycle {regime.turn(seed)}: it needs a longer series.")
    about, texts, encoder = WORLDS[world], worlds.texts(world), worlds.encoder(world)
    split = parts.parts(texts, about.reference, setting, seed)
    panel, truth = asking.Panel(texts, encoder, split, seed, sliced=setting.sliced), []
    for cycle, made, rng in training.run(about, texts, split, setting, regime, seed):
        truth.append(panel.ask(cycle, made, regime.asked(cycle, seed), rng))
    store = Memory(panel.frames, panel.facts, asking.reference(texts, encoder, split))
    measure(store)
    return store, truth


def measure(store: Memory) -> None:
    """Place and measure the cycles in memory by the product's own engine."""
    with memory.only_what_verdicts_read():
        engine.measure(store, LINEAGE, store.state(LINEAGE), lambda share, what: None)


def _series(world: str, setting: Setting, regime: Regime, seed: int, arrays: packing.Arrays) -> Series:
    history = pipeline.history(packing.unpacked(arrays), LINEAGE)
    truth = tuple(arrays["truth"].tolist())
    facts = (world, setting.name, regime.name, seed, regime.onset(seed), regime.recovery(seed))
    return Series(*facts, history, truth, packing.scores(arrays))


@functools.cache
def key(world: str, setting: Setting, regime: Regime) -> str:
    """What names the way in which a series is made: the code, the metrics, the setting and the regime.

    Of the product it names the versions of metrics and encoder, and the code that says what may be compared.
    """
    own = inspect.getmodule(WORLDS[world].load)
    assert own is not None
    code: list[provenance.Code] = [
        own,
        learning,
        base,
        writing,
        parts,
        training,
        asking,
        vectors,
        memory,
        packing,
        holdout,
        model,
        baselines,
        comparability,
        comparison,
        lengthening,
        traits,
    ]
    code += [_measured, measure, regimes.Regime, regimes.Mix, regimes.Asking, settings.Setting]
    said = [provenance.code(each) for each in code]
    known = [(name, metric.version) for name, metric in memory.measured().items()]
    said += [repr(known), encoder_name(), text.VERSION, repr(setting), repr(regime)]
    return provenance.digest(said)
