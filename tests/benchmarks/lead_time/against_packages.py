"""What is written out here against the packages themselves, which have environments of their own.

`python -m tests.benchmarks.lead_time.against_packages` installs river and evidently once and prints both:
the Page-Hinkley recursion option by option, and which columns drift, by number of rows and of values.
"""

import numpy as np

from tests.benchmarks import peers
from tests.benchmarks.lead_time.contenders.drift_test import drifted
from tests.benchmarks.lead_time.contenders.page_hinkley import Options, detected
from tests.benchmarks.lead_time.lines import Floats

SEED, LENGTH, LEVELS = 2026, 20_000, 40
CHOICES = [
    Options(),
    Options(threshold=5.0),
    Options(fewest=5, delta=0.5, threshold=5.0, alpha=1.0, both=False),
    Options(fewest=10, delta=0.1, threshold=8.0, alpha=0.99),
]
SIZES = ((300, 300), (800, 300), (1000, 900), (1200, 300), (3200, 800))
# So many different values has a column; many where it is None.
VALUES = (2, 3, 5, 6, None)
SHIFTS = (0.0, 0.1, 0.2, 0.4)
COPIES = 3


def stream() -> Floats:
    """Normal noise around a level that jumps now and then."""
    rng = np.random.default_rng(SEED)
    return np.repeat(rng.normal(0.0, 2.0, LEVELS), LENGTH // LEVELS) + rng.normal(size=LENGTH)


def page_hinkley(values: Floats, options: Options) -> tuple[dict[str, float], peers.Result]:
    """The detections of the recursion, summed up as the peer does, and those of river."""
    found = np.flatnonzero(detected(values, options))
    first = float(found[0]) if len(found) else -1.0
    mine = {"detections": float(len(found)), "first": first, "positions": float(found.sum())}
    return mine, peers.run(
        "river",
        values,
        min_instances=options.fewest,
        delta=options.delta,
        threshold=options.threshold,
        alpha=options.alpha,
        mode="both" if options.both else "down",
    )


def columns(rows: int, shifts: tuple[float, ...], seed: int) -> Floats:
    """Normal columns for every number of values and every shift, cut into so many values."""
    rng, made = np.random.default_rng(seed), []
    for levels in VALUES:
        for shift in shifts * COPIES:
            x = rng.normal(size=rows) + shift
            edges = np.linspace(-1.0, 1.0, levels - 1) if levels and levels > 2 else np.zeros(1)
            made.append(x if levels is None else np.searchsorted(edges, x).astype(float))
    return np.column_stack(made)


def drift(rows: int, current: int) -> tuple[dict[str, float], peers.Result]:
    """Which columns drift by what is written out here, and by evidently."""
    before, now = columns(rows, (0.0,) * len(SHIFTS), SEED), columns(current, SHIFTS, SEED + 1)
    found = [i for i in range(before.shape[1]) if drifted(before[:, i], now[:, i])]
    mine = {"drifted": float(len(found)), "places": float(sum(found))}
    return mine, peers.run("evidently_drift", now, before)


def same(what: str, mine: dict[str, float], theirs: peers.Result) -> bool:
    """Print both; whether they agree."""
    if theirs["reason"]:
        raise SystemExit(theirs["reason"])
    agree = mine == theirs["value"]
    print(what, mine, "the same" if agree else f"the package: {theirs['value']}", flush=True)
    return agree


def main() -> None:
    """Compare everything; fail where something differs."""
    values = stream()
    agree = [same(f"Page-Hinkley {o}", *page_hinkley(values, o)) for o in CHOICES]
    agree += [same(f"drift, {rows} rows against {now}", *drift(rows, now)) for rows, now in SIZES]
    if not all(agree):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
