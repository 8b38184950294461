"""How often the built-in rules flag simulated healthy series: the limits that the README states.

Eight voters of the whole and of 5 slices, and 20 classes, over 20 cycles; sampling noise 1, retraining noise
q, shared between all metrics by rho, and carried over from cycle to cycle by phi, with half of the sampling
noise. In the last worlds values come without replicates, so that nothing tells what is carried over. Run it
with `python -m tests.benchmarks.false_alarms`.
"""

import sys
from dataclasses import dataclass

import numpy as np

from metrics.core import RULES, History
from tests import planted

SERIES, CYCLES, SLICES, CLASSES = 400, 20, 5, 20
ALARMS = ("narrowing", "collapse")
BUILTIN = ("early_warning", "part_loss", "slice_narrowing")


@dataclass(frozen=True)
class World:
    """Healthy noise: see the module. `told` says whether values come with replicates."""

    rho: float
    phi: float
    q: float
    told: bool = True


WORLDS = [
    *(World(0.0, 0.0, 1.0), World(0.5, 0.0, 1.0), World(0.5, 0.0, 3.0)),
    *(World(0.5, 0.5, 1.0), World(0.5, 0.5, 3.0), World(0.5, 0.8, 1.0), World(0.5, 0.8, 3.0)),
    *(World(0.5, 0.0, 1.0, told=False), World(0.5, 0.5, 1.0, told=False)),
]


def keys() -> list[planted.Key]:
    """The voters of the whole and of each slice, mean score, and the recall of each class."""
    parts = [None, *(f"task=t{i}" for i in range(SLICES))]
    found: list[planted.Key] = [(m.name, part) for part in parts for m in planted.voters()]
    return [*found, ("mean_score", None), *(("class_recall", f"class:c{i}") for i in range(CLASSES))]


def retraining(rng: np.random.Generator, world: World, metrics: int) -> planted.Floats:
    """Stationary noise of every metric, (cycles, metrics), in units of its sampling noise."""
    fresh = rng.normal(size=(CYCLES, metrics)) * np.sqrt(1 - world.rho)
    fresh += rng.normal(size=(CYCLES, 1)) * np.sqrt(world.rho)
    return world.q * planted.carried_over(fresh, world.phi)


def healthy(seed: int, world: World) -> History:
    """One healthy series."""
    noise = retraining(np.random.default_rng([seed, 1]), world, len(keys())).T
    moves = {key: each.tolist() for key, each in zip(keys(), noise, strict=True)}
    past = planted.of(moves, seed=seed, noise=0.0, sampling=0.01, carry=world.phi)
    return past if world.told else planted.bare(past)


def flagged(seed: int, world: World) -> list[bool]:
    """Which of the built-in rules ever says narrowing or collapse of one healthy series."""
    past = healthy(seed, world)
    said = [RULES.get(name).evaluate(past, {}) for name in BUILTIN]
    return [any(f.severity in ALARMS for j in each for f in j.findings) for each in said]


def main() -> None:
    """Print one row per world."""
    series = int(sys.argv[1]) if len(sys.argv) > 1 else SERIES
    names = ("rho", "phi", "q", "replicates", *BUILTIN, "any")
    print("".join(f"{name:>17}" for name in names))
    for world in WORLDS:
        found = np.array([flagged(seed, world) for seed in range(series)])
        shares = [*found.mean(axis=0), found.any(axis=1).mean()]
        facts = f"{world.rho:>17}{world.phi:>17}{world.q:>17}{'yes' if world.told else 'no':>17}"
        print(facts + "".join(f"{share:>17.3f}" for share in shares), flush=True)


if __name__ == "__main__":
    main()
