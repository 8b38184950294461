"""The timings that the README quotes, each a command as a whole, cold: `make bench`.

Prints a table. Nothing here is asserted: how fast a machine is, is no matter of right or wrong.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from metrics import demo

TAILWATCH = str(Path(sys.executable).with_name("tailwatch"))
RUNS = 5


def seconds(command: list[str], db: Path) -> float:
    """Wall time of one command."""
    start = time.perf_counter()
    env = {**os.environ, "TAILWATCH_DB": str(db)}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    return time.perf_counter() - start


def main() -> None:
    """Time the commands that users wait for."""
    lineage = [str(demo.folder() / "anchored.parquet")]
    reference = str(demo.folder() / "reference.parquet")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fresh = [folder / f"{i}.duckdb" for i in range(RUNS)]
        for db in fresh:
            seconds([TAILWATCH, "reference", reference, "--lineage", "anchored"], db)
        rows = {
            "tailwatch --help": [seconds([TAILWATCH, "--help"], fresh[0]) for _ in range(RUNS)],
            "ingest, measure and judge 20 cycles x 800": [
                seconds([TAILWATCH, "ingest", *lineage], db) for db in fresh
            ],
            "tailwatch check on a stored lineage": [
                seconds([TAILWATCH, "check", "--lineage", "anchored"], fresh[0]) for _ in range(RUNS)
            ],
        }
    print(f"{'seconds, whole process':<45}{'median':>8}{'max':>8}   ({RUNS} runs)")
    for what, times in rows.items():
        print(f"{what:<45}{statistics.median(times):>8.2f}{max(times):>8.2f}")


if __name__ == "__main__":
    main()
