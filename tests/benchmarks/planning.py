"""Whether the early warning really sees the smallest loss that the planner says it would.

    python -m tests.benchmarks.planning [histories per voter]

A healthy lineage is planted, what moves it is learned, and for each voter the smallest loss is planted in
simulated histories after 6, 16 and 26 later cycles. The share that is said to be narrowing within two
cycles should be the power, 80 in 100; beside it stands the share without any loss.
"""

import sys

import numpy as np

from metrics import chance, moving
from metrics.core import RULES, History
from metrics.planning import Aim, detectables
from metrics.planting import with_loss
from tests import planted

HISTORIES, AFTER = 100, (6, 16, 26)


def seen(histories: list[History], name: str, loss: float, onset: int) -> float:
    """The share of histories that are said to narrow by the second cycle of a loss."""
    judged = [RULES.get("early_warning").evaluate(with_loss(h, name, loss, onset), {}) for h in histories]
    return float(np.mean([said[onset + 1].status in ("narrowing", "collapse") for said in judged]))


def main() -> None:
    """Print one row for each voter and onset."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else HISTORIES
    print(f"{'voter':22}{'cycles before':>15}{'smallest loss':>15}{'seen':>8}{'without':>9}")
    for after in AFTER:
        onset = 4 + after
        learned = moving.learn(planted.history({}, seed=1, noise=0.004, count=onset))
        histories = [chance.draw(learned, seed, after + 2) for seed in range(count)]
        for d in detectables(learned, Aim()):
            loss = 1.0 if d.loss is None else d.loss
            shares = [seen(histories, d.metric, share, onset) for share in (loss, 0.0)]
            print(f"{d.metric:22}{onset:>15}{loss:>15.3f}{shares[0]:>8.2f}{shares[1]:>9.2f}")


if __name__ == "__main__":
    main()
