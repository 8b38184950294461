"""Whole commands on large lineages: `make bench`. Seconds and peak memory of the process, imports included.

A cycle of 100,000 and one of 1,000,000 real texts, already stored, measured by `tailwatch refresh`: every
metric with its interval, the baseline frozen on the way. And a lineage of 40 cycles x 10,000 outputs:
measured, judged from its stored values, and again after one metric's version changed, when only that metric
runs.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd

from metrics import METRICS, Store, pipeline
from metrics.gate import gate
from tests.benchmarks import corpus
from tests.benchmarks import eval as real

TAILWATCH = Path(sys.executable).with_name("tailwatch")
CYCLES, OUTPUTS = 40, 10_000
CHANGED = "distinct_2"


def stored(name: str, parts: list[pd.DataFrame]) -> Path:
    """A store that holds these cycles and the human reference, nothing measured; kept for the next time."""
    path = corpus.BENCH / f"{name}.duckdb"
    if not path.exists():
        making = path.with_suffix(".making")
        making.unlink(missing_ok=True)
        store = Store(making)
        for part in parts:
            one = gate(part, lineage="large")
            store.add(one.outputs, one.rejects, one.facts)
        store.set_reference("large", gate(real.reference(), lineage="large", cycle=0).outputs)
        making.rename(path)
    return path


def process(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak megabytes of a command."""
    start = time.perf_counter()
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    child = os.posix_spawn(command[0], command, os.environ, file_actions=silent)
    _, status, used = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"{command} failed")
    return time.perf_counter() - start, used.ru_maxrss / 1024


def whole_cycle(n: int, folder: Path) -> None:
    """Measure one stored cycle from nothing, three times."""
    path = stored(f"cycle_{n}", [real.rows(n).assign(cycle=0)])
    runs = []
    for i in range(3 if n <= 100_000 else 1):
        db = folder / f"{n}_{i}.duckdb"
        shutil.copy(path, db)
        runs.append(process([str(TAILWATCH), "refresh", "--lineage", "large", "--db", str(db)]))
        db.unlink()
    best = min(runs)
    print(
        f"{f'refresh of one cycle of {n:,}, all metrics':<52}{best[0]:>9.2f} s{best[1]:>8.0f} MB", flush=True
    )


def recompute(folder: Path) -> None:
    """Measure a lineage, then again with one metric at a new version; the values of the others stay."""
    rows = real.rows(100_000)
    # Cycle c answers the same prompts with the texts from another place: real texts, no two cycles alike.
    parts = []
    for c in range(CYCLES):
        taken = rows.iloc[[(i + c * 2_999) % len(rows) for i in range(OUTPUTS)]].reset_index(drop=True)
        parts.append(taken.assign(cycle=c, example_id=[f"p{i:05}" for i in range(OUTPUTS)]))
    db = folder / "lineage.duckdb"
    shutil.copy(stored(f"lineage_{CYCLES}x{OUTPUTS}", parts), db)
    first = process([str(TAILWATCH), "refresh", "--lineage", "large", "--db", str(db)])
    print(
        f"{f'refresh of {CYCLES} cycles x {OUTPUTS:,}, all metrics':<52}{first[0]:>9.2f} s{first[1]:>8.0f} MB"
    )
    verdict = process([str(TAILWATCH), "check", "--lineage", "large", "--db", str(db)])
    print(f"{'check of that lineage':<52}{verdict[0]:>9.2f} s{verdict[1]:>8.0f} MB")
    store, old = Store(db), METRICS.get(CHANGED)
    runs = [judged(store) for _ in range(4)]
    print(f"{'a verdict from its stored values: first, then':<52}{runs[0]:>9.2f} s{min(runs[1:]):>9.2f} s")
    METRICS._found[CHANGED] = replace(old, version=old.version + 1)
    before, start = len(store.value_keys("large")), time.perf_counter()
    pipeline.refresh(store)
    seconds = time.perf_counter() - start
    keys = store.value_keys("large")
    new = {key[2] for key in keys if key[3] == old.version + 1 and key[2] == CHANGED}
    print(f"{f'the same after {CHANGED} changed (ran: {len(new)} metric)':<52}{seconds:>9.2f} s{'':>8}")
    assert len(keys) == before


def judged(store: Store) -> float:
    """Seconds to read what is stored of the lineage and judge it."""
    start = time.perf_counter()
    pipeline.judged(pipeline.history(store, "large"), store.rules("large"))
    return time.perf_counter() - start


def main() -> None:
    """Print one line a command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="100000,1000000", help="outputs of the large cycle")
    parser.add_argument("--no-lineage", action="store_true", help="leave the 40 cycles out")
    given = parser.parse_args()
    corpus.BENCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=corpus.BENCH) as name:
        for part in filter(None, given.sizes.split(",")):
            whole_cycle(int(part), Path(name))
        if not given.no_lineage:
            recompute(Path(name))


if __name__ == "__main__":
    main()
