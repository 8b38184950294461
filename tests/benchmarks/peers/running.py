"""One call of one peer in a process of its own: value, seconds, memory, or the reason why there is none."""

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from tests.benchmarks.peers.facts import CATALOG, Peer
from tests.benchmarks.peers.facts import peer as facts
from tests.benchmarks.peers.homes import NotThere, python

INSIDE = Path(__file__).with_name("inside.py")
# Reading the data and importing the package do not count, but must end one day.
LOADING = 300.0

Data = Sequence[Any] | np.ndarray[Any, Any]


class Result(TypedDict):
    """`seconds` is the call alone, without imports and reading; `peak_mb` is the whole process."""

    value: float | dict[str, float] | None
    seconds: float | None
    peak_mb: float | None
    reason: str | None


def run(
    name: str,
    data: Data,
    reference: Data | None = None,
    *,
    limit: float = 180.0,
    runs: int = 1,
    **options: Any,
) -> Result:
    """Run a peer on texts, vectors, counts or (truth, prediction) pairs, whichever its `TAKES` names.

    `reference` is a second set, for peers that compare two. `limit` is in seconds, for one call. With
    several `runs` the seconds are their median. Further options go to the peer's `prepare`. A peer that
    cannot run gives a `reason` and no numbers.
    """
    peer = facts(name)
    if peer.most is not None and len(data) > peer.most:
        return _none(f"not tried beyond {peer.most:,} rows")
    try:
        interpreter = python(peer)
    except NotThere as missing:
        return _none(str(missing))
    with tempfile.TemporaryDirectory() as folder:
        given = [("data", data)] + ([] if reference is None else [("reference", reference)])
        job = {
            "peer": str(CATALOG / f"{name}.py"),
            "data": [_hand_over(Path(folder), stem, values) for stem, values in given],
            "limit": limit,
            "runs": runs,
            "options": options,
        }
        (Path(folder) / "job.json").write_text(json.dumps(job), encoding="utf-8")
        return _called(peer, interpreter, Path(folder), limit, runs)


def _hand_over(folder: Path, stem: str, values: Data) -> str:
    """Write the data where the peer's process reads them; return the name of the file."""
    if isinstance(values, np.ndarray):
        np.save(folder / f"{stem}.npy", values)
        return f"{stem}.npy"
    with (folder / f"{stem}.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(value) + "\n" for value in values)
    return f"{stem}.jsonl"


def _called(peer: Peer, interpreter: Path, folder: Path, limit: float, runs: int) -> Result:
    command = [str(interpreter), "-I", "-W", "ignore", str(INSIDE), str(folder)]
    # Some packages report home; a benchmark must not.
    environment = {**os.environ, "DO_NOT_TRACK": "1", "MPLBACKEND": "agg"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LOADING + limit * runs,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _none(f"took longer than {LOADING:g} s to import and read")
    answer = folder / "answer.json"
    if answer.exists():
        found = json.loads(answer.read_text(encoding="utf-8"))
        return Result(value=found["value"], seconds=found["seconds"], peak_mb=found["peak_mb"], reason=None)
    return _none(_why(done, limit))


def _why(done: subprocess.CompletedProcess[str], limit: float) -> str:
    if done.returncode == -signal.SIGALRM:
        return f"took longer than {limit:g} s"
    if done.returncode == -signal.SIGKILL:
        return "was killed: most likely out of memory"
    said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return f"failed: {said[-1]}"


def _none(reason: str) -> Result:
    return Result(value=None, seconds=None, peak_mb=None, reason=reason)
