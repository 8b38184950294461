"""How often the early warning flags simulated healthy series: the limits that the README states.

Eight voters over 20 cycles; sampling noise 1, retraining noise q, shared between the voters by rho, carried
over from cycle to cycle by phi. Run it with `python -m tests.benchmarks.false_alarms`.
"""

import sys

import numpy as np

from metrics import narrowing
from tests import planted

SERIES, CYCLES = 400, 20
WORLDS = [(0.0, 0.0, 1.0), (0.5, 0.0, 1.0), (0.5, 0.0, 3.0), (0.5, 0.5, 1.0), (0.5, 0.5, 3.0)]


def retraining(rng: np.random.Generator, rho: float, phi: float, q: float) -> dict[str, list[float]]:
    """Stationary noise of every voter, in units of its sampling noise."""
    names = [m.name for m in planted.voters()]
    fresh = rng.normal(size=(CYCLES, len(names))) * np.sqrt(1 - rho)
    fresh += rng.normal(size=(CYCLES, 1)) * np.sqrt(rho)
    noise = fresh.copy()
    for cycle in range(1, CYCLES):
        noise[cycle] = phi * noise[cycle - 1] + np.sqrt(1 - phi**2) * fresh[cycle]
    return {name: (q * noise[:, i]).tolist() for i, name in enumerate(names)}


def flagged(seed: int, rho: float, phi: float, q: float) -> bool:
    """Whether one healthy series is ever said to be narrowing."""
    moves = retraining(np.random.default_rng([seed, 1]), rho, phi, q)
    past = planted.history(moves, seed=seed, noise=0.0, sampling=0.01)
    trends = [t for t in past.trends.values() if t.metric.votes]
    readings = narrowing.read(past.standings, trends, past.trends[("mean_score", None)])
    return any(r.status in ("narrowing", "collapse") for r in readings)


def main() -> None:
    """Print one row per world."""
    series = int(sys.argv[1]) if len(sys.argv) > 1 else SERIES
    print(f"{'shared (rho)':>14}{'carried over (phi)':>20}{'retraining / sampling':>23}{'flagged':>10}")
    for rho, phi, q in WORLDS:
        share = np.mean([flagged(seed, rho, phi, q) for seed in range(series)])
        print(f"{rho:>14}{phi:>20}{q:>23}{share:>10.3f}")


if __name__ == "__main__":
    main()
