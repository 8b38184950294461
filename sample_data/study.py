"""What the early warning says of the sample recursion: the shipped seed, and seeds 0 to 19.

``python sample_data/study.py`` retrains every lineage for every seed (each seed has prompts, reference and
training draws of its own), gives the outputs to Tailwatch as a user would, and prints when it first said
narrowing and when mean score was first said to have dropped, by the same rule. Nothing is left out.
"""

import argparse
import statistics
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import metrics
from sample_data import make, recursion
from sample_data.humans import HUMAN_FILE

ALARMS = ("narrowing", "collapse")


@dataclass(frozen=True)
class Outcome:
    """When one lineage of one seed was first healthy, narrowing, collapsed, and down in mean score."""

    lineage: str
    seed: int
    healthy: int | None
    narrowing: int | None
    collapse: int | None
    dropped: int | None


def first(history: list[dict[str, object]], name: str, wanted: tuple[str, ...]) -> int | None:
    """Return the first cycle whose entry is one of these."""
    return next((int(str(h["cycle"])) for h in history if h[name] in wanted), None)


def _only_what_the_rule_reads() -> None:
    """Take the other metrics out of this process: a verdict does not look at them."""
    for found in list(metrics.METRICS.all().values()):
        if not found.votes and found.name != "mean_score":
            del metrics.METRICS._found[found.name]


def run(task: tuple[int, str]) -> Outcome:
    """Retrain one lineage and judge it."""
    seed, lineage = task
    _only_what_the_rule_reads()
    humans = pd.read_parquet(HUMAN_FILE)
    with tempfile.TemporaryDirectory() as folder:
        store = metrics.Store(Path(folder) / "study.duckdb")
        # Verdicts rest on the whole, so the slices are left out to save time.
        reference = make.reference_set(humans, seed).drop(columns="slice.role")
        metrics.reference(store, [reference], lineage=lineage)
        frame = recursion.run(humans, seed, lineage).drop(columns="slice.role")
        metrics.ingest(store, [frame])
        history = metrics.check(store, lineage)["history"]
    return Outcome(
        lineage,
        seed,
        first(history, "status", ("healthy",)),
        first(history, "status", ALARMS),
        first(history, "status", ("collapse",)),
        first(history, "quality", ("dropped",)),
    )


def summary(outcomes: list[Outcome]) -> pd.DataFrame:
    """Return one row per lineage: shares and medians over its seeds; an alarm before the onset is false."""
    rows = []
    for lineage in recursion.LINEAGES:
        mine = [o for o in outcomes if o.lineage == lineage]
        true = [o for o in mine if o.narrowing is not None and o.narrowing >= recursion.ONSET]
        both = [o.dropped - o.narrowing for o in true if o.dropped is not None and o.narrowing is not None]
        rows.append(
            {
                "lineage": lineage,
                "seeds": len(mine),
                "reached healthy": sum(o.healthy is not None for o in mine),
                "flagged": len(true),
                "before onset": sum(o.narrowing is not None and o not in true for o in mine),
                "collapse": sum(o.collapse is not None for o in mine),
                "score dropped": sum(o.dropped is not None for o in mine),
                "median alert": median([o.narrowing for o in true]),
                "median score drop": median([o.dropped for o in mine]),
                "mean lead": f"{statistics.mean(both):+.1f}" if both else "-",
            }
        )
    return pd.DataFrame(rows)


def median(cycles: list[int | None]) -> str:
    """Return the median of the cycles that are known."""
    known = [c for c in cycles if c is not None]
    return f"{statistics.median(known):g}" if known else "-"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, help="seeds 0 to N-1 (default 20)")
    options = parser.parse_args()
    tasks = [(s, name) for s in (make.SEED, *range(options.seeds)) for name in recursion.LINEAGES]
    outcomes = []
    with ProcessPoolExecutor(2) as pool:
        for outcome in pool.map(run, tasks):
            outcomes.append(outcome)
            if sys.stderr.isatty():
                print(f"\r{len(outcomes)} of {len(tasks)}", end="", file=sys.stderr)
    print(f"Onset: cycle {recursion.ONSET}. Shipped seed {make.SEED}:")
    print(pd.DataFrame([o for o in outcomes if o.seed == make.SEED]).to_string(index=False, na_rep="-"))
    print(f"\nSeeds 0 to {options.seeds - 1}:")
    print(summary([o for o in outcomes if o.seed != make.SEED]).to_string(index=False))
    print("\nEvery seed: cycle of the first alert (of the first drop of mean score)")
    cells = [(o.seed, o.lineage, f"{o.narrowing} ({o.dropped})") for o in outcomes]
    table = pd.DataFrame(cells, columns=["seed", "lineage", "first"]).pivot(index="seed", columns="lineage")
    print(table["first"].to_string())


if __name__ == "__main__":
    main()
