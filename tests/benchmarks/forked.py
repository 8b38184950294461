"""One task in a forked child: what it returns, its seconds, and by how much it raised the peak of memory."""

import multiprocessing
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

STATUS, REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Run:
    """What a task returned and cost; `raised` is memory above that of the process before it began."""

    value: Any
    seconds: float
    raised_mb: float


def _memory(name: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+) kB", STATUS.read_text(), re.MULTILINE)
    return int(found.group(1)) / 1024 if found else float("nan")


def _work(task: Callable[[], Any], times: int, reply: Connection) -> None:
    # A forked child inherits its parent's peak: 5 sets it back to what is in use now.
    REFS.write_text("5")
    before, seconds = _memory("VmRSS"), []
    for _ in range(times):
        start = time.perf_counter()
        value = task()
        seconds.append(time.perf_counter() - start)
    reply.send((value, min(seconds), max(0.0, _memory("VmHWM") - before)))


def run(task: Callable[[], Any], times: int = 1) -> Run:
    """The quickest of `times` runs, all in one child: the first also pays for the pages that it shares."""
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(task, times, theirs))
    child.start()
    theirs.close()
    found = Run(*mine.recv())
    child.join()
    return found
