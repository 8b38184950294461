"""The part that runs inside a peer's environment: read the data, make one call, write down what it took.

Started by path, with the peer's Python, with a folder that holds `job.json` and the data.
Only the standard library may be imported at the top.
"""

import json
import resource
import runpy
import signal
import statistics
import sys
import time
from pathlib import Path
from typing import Any


def main(folder: Path) -> None:
    """Do the job in the folder; the answer is `answer.json` beside it."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    # Run by path, not imported: `prdc.py` must not stand in the way of prdc.
    prepare = runpy.run_path(job["peer"])["prepare"]
    call = prepare(*(read(folder / name) for name in job["data"]), **job["options"])
    seconds = []
    for _ in range(job["runs"]):
        # The signal ends the process in the middle of compiled code too, where no exception gets through.
        signal.setitimer(signal.ITIMER_REAL, job["limit"])
        start = time.perf_counter()
        value = call()
        seconds.append(time.perf_counter() - start)
        signal.setitimer(signal.ITIMER_REAL, 0)
    answer = {"value": plain(value), "seconds": statistics.median(seconds), "peak_mb": peak_mb()}
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


def read(path: Path) -> Any:
    """A list from `.jsonl`, an array from `.npy`."""
    if path.suffix == ".jsonl":
        with path.open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    import numpy as np

    return np.load(path)


def plain(value: Any) -> Any:
    """Numbers of numpy as numbers of Python."""
    return {k: float(v) for k, v in value.items()} if isinstance(value, dict) else float(value)


def peak_mb() -> float:
    """The largest memory held, imports and data included.

    On Linux `ru_maxrss` starts at what the starting process held, so the kernel's own mark comes first.
    """
    status = Path("/proc/self/status")
    if status.exists():
        marks = dict(line.split(":", 1) for line in status.read_text().splitlines())
        if "VmHWM" in marks:
            return int(marks["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
