"""JSON lines: one object per line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from metrics.core import RawTable, TailwatchError, reader
from metrics.opening import MAX_DEPTH, deep, table, text_of

ENDINGS = (".jsonl", ".ndjson", ".jsonl.gz", ".jsonl.zst", ".ndjson.gz", ".ndjson.zst")


@reader("jsonl", "JSON lines", ENDINGS)
def jsonl(path: Path) -> RawTable:
    """One object per line; a line that is no object is set aside with its reason, an empty one skipped."""
    rows: list[dict[str, Any]] = []
    numbers: list[int] = []
    rejects: list[tuple[int, str, str]] = []
    with text_of(path) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            row, reason = _parse(line)
            if row is None:
                rejects.append((number, reason, line.strip()[:2000]))
            else:
                rows.append(row)
                numbers.append(number)
    if not rows and not rejects:
        raise TailwatchError(f"'{path.name}' is empty.", do="Check that the eval wrote its outputs.")
    if not rows:
        raise TailwatchError(
            f"'{path.name}' has no line that is a JSON object;", f"line {rejects[0][0]} {rejects[0][1]}."
        )
    return table(rows, rejects, numbers)


def _parse(line: str) -> tuple[dict[str, Any] | None, str]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return None, f"it is not JSON ({str(error)[:80]})"
    if line.count("[") + line.count("{") > MAX_DEPTH and deep(value):
        return None, f"it is nested deeper than {MAX_DEPTH} levels"
    return (
        (value, "") if isinstance(value, dict) else (None, f"it is a {type(value).__name__}, not an object")
    )
