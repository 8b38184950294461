"""The Page-Hinkley recursion written out here against the river package itself, which has a home of its own.

`python -m tests.benchmarks.lead_time.against_river` installs it once and prints both, option by option.
"""

import numpy as np

from tests.benchmarks import peers
from tests.benchmarks.lead_time.contenders.page_hinkley import Options, detected

SEED, LENGTH, LEVELS = 2026, 20_000, 40
CHOICES = [
    Options(),
    Options(threshold=5.0),
    Options(fewest=5, delta=0.5, threshold=5.0, alpha=1.0, both=False),
    Options(fewest=10, delta=0.1, threshold=8.0, alpha=0.99),
]


def stream() -> np.ndarray:
    """Normal noise around a level that jumps now and then."""
    rng = np.random.default_rng(SEED)
    return np.repeat(rng.normal(0.0, 2.0, LEVELS), LENGTH // LEVELS) + rng.normal(size=LENGTH)


def ours(values: np.ndarray, options: Options) -> dict[str, float]:
    """The detections of the recursion, summed up as the peer does."""
    found = np.flatnonzero(detected(values, options))
    first = float(found[0]) if len(found) else -1.0
    return {"detections": float(len(found)), "first": first, "positions": float(found.sum())}


def theirs(values: np.ndarray, options: Options) -> peers.Result:
    """The detections of the package."""
    return peers.run(
        "river",
        values,
        min_instances=options.fewest,
        delta=options.delta,
        threshold=options.threshold,
        alpha=options.alpha,
        mode="both" if options.both else "down",
    )


def main() -> None:
    """Print both for every choice of options; fail where they differ."""
    values = stream()
    for options in CHOICES:
        mine, result = ours(values, options), theirs(values, options)
        if result["reason"]:
            raise SystemExit(f"river {result['reason']}")
        print(options, mine, "the same" if mine == result["value"] else f"river: {result['value']}")
        if mine != result["value"]:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
