"""How often healthy series on disk are told that their baseline is unsteady, and how often a falling one is.

python -m tests.benchmarks.doubts
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from metrics.core import History, Standing
from metrics.doubts import Doubts
from metrics.stats import wilson
from tests.benchmarks.lead_time import series
from tests.benchmarks.lead_time.regimes import REGIMES
from tests.benchmarks.lead_time.series import Series
from tests.benchmarks.lead_time.settings import SETTINGS

# The lines of `metrics/doubts.py` were chosen on lower seeds.
SEEDS = range(20_000, 20_400)
HEALTHY = (("synopses", "standard"), ("synopses", "noisy"), ("synopses", "warm"), ("synopses", "noisy_warm"),
           ("neural", "standard"))  # fmt: skip
FALLING = ("replace", "anchored_50", "curated", "accumulate", "slow")


def told(history: History) -> bool:
    """Whether its baseline is ever called unsteady."""
    doubts = Doubts(history)
    return any(doubts.after(i) for i in range(len(history.standings)))


def based(one: Series, first: int, count: int) -> History:
    """The series from some cycle on, with that cycle and the next ones as its baseline."""
    past = one.history
    kept = [i for i, s in enumerate(past.standings) if s.cycle >= first]
    base = tuple(past.standings[i].cycle for i in kept[:count])
    places = tuple(Standing(past.standings[i].cycle, first, "k", base, True) for i in kept)
    trends = {}
    for key, trend in past.trends.items():
        values = tuple(trend.values[i] for i in kept)
        beside = tuple(v for v in values[:count] if v is not None)
        trends[key] = replace(trend, values=values, baselines=(beside,) * len(kept))
    return History(past.lineage, places, trends)


def found(world: str, setting: str, regime: str) -> Iterator[Series]:
    """The series that are on disk."""
    for seed in SEEDS:
        one = series.read(world, SETTINGS[setting], REGIMES[regime], seed)
        if one is not None:
            yield one


def row(name: str, said: Sequence[bool]) -> str:
    """A share with its 95 % interval."""
    if not said:
        return f"{name:40} none on disk"
    low, high = wilson(sum(said) / len(said), len(said))
    return f"{name:40}{sum(said):4} of {len(said):3}   {sum(said) / len(said):.3f}  ({low:.3f} to {high:.3f})"


def main() -> None:
    """Print one row for each world and setting, then one for each regime that narrows."""
    for world, setting in HEALTHY:
        print(row(f"healthy, {world} {setting}", [told(s.history) for s in found(world, setting, "healthy")]))
    for regime in FALLING:
        for count in (4, 6):
            late = [told(based(s, s.onset or 0, count)) for s in found("synopses", "standard", regime)]
            print(row(f"{regime}, {count} cycles from the onset on", late))


if __name__ == "__main__":
    main()
