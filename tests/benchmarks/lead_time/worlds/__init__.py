"""The worlds, one a file: each is real text with classes, and the models that are retrained on it."""

from __future__ import annotations

import functools

from tests.benchmarks.lead_time.vectors import Encoder
from tests.benchmarks.lead_time.worlds import neural, sealed, synopses
from tests.benchmarks.lead_time.worlds.base import Texts, World

WORLDS: dict[str, World] = {world.name: world for world in (synopses.WORLD, neural.WORLD, sealed.WORLD)}


@functools.cache
def encoder(name: str) -> Encoder:
    """The encoder of a world's words, made once in a process."""
    return Encoder(texts(name).coder)


@functools.cache
def texts(name: str) -> Texts:
    """The texts of a world, read once in a process."""
    return Texts.of(WORLDS[name].load())
