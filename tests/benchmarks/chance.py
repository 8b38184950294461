"""Whether simulated histories are flagged as often as the real healthy series that they were learned from.

    python -m tests.benchmarks.chance [simulated per series]

It reads the healthy series that `tests.benchmarks.lead_time` has put on disk, and judges them and their
likenesses by the built-in early warning. A simulation that is flagged more often than the real series is
noisier than they are, or differently so.
"""

import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from metrics import chance, moving
from metrics.core import RULES, History
from tests.benchmarks.lead_time import series
from tests.benchmarks.lead_time.regimes import REGIMES
from tests.benchmarks.lead_time.settings import SETTINGS

WORLDS = ("synopses", "neural")
UNSTEADY = ("standard", "noisy", "warm", "noisy_warm")
SEEDS, DRAWS = range(400), 2
SAID = ("narrowing", "watch or more", "mean score dropped")


def said(history: History) -> list[bool]:
    """Whether a history is ever said to narrow, to be watched, or to have lost quality."""
    judged = RULES.get("early_warning").evaluate(history, {})
    alarms = any(j.status in ("narrowing", "collapse") for j in judged)
    return [
        alarms,
        alarms or any(j.status == "watch" for j in judged),
        any(j.quality == "dropped" for j in judged),
    ]


def shares(found: list[series.Series], draws: int) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    """Of the real series, and of what was simulated from each: the share of which each thing was said."""
    real, simulated = [], []
    for one in found:
        whole = {key: trend for key, trend in one.history.trends.items() if key[1] is None}
        past = History(one.history.lineage, one.history.standings, whole)
        real.append(said(past))
        learned = moving.learn(past)
        later = len(past.standings) - learned.baseline
        # Series are all called alike: each has seeds of its own.
        likenesses = [chance.draw(learned, one.seed * draws + i, later) for i in range(draws)]
        simulated.append(np.mean([said(likeness) for likeness in likenesses], axis=0))
    yield "real", np.mean(real, axis=0)
    yield "simulated", np.mean(simulated, axis=0)


def main() -> None:
    """Print two rows for each setting that is on disk."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS
    print(f"{'':34}{'series':>8}" + "".join(f"{name:>20}" for name in SAID))
    for world in WORLDS:
        for setting in UNSTEADY:
            read = (series.read(world, SETTINGS[setting], REGIMES["healthy"], seed) for seed in SEEDS)
            found = [one for one in read if one is not None]
            for kind, row in shares(found, draws) if found else ():
                print(
                    f"{f'{world} {setting} {kind}':34}{len(found):>8}" + "".join(f"{x:>20.3f}" for x in row)
                )


if __name__ == "__main__":
    main()
