"""What goes to a terminal, a pipe or a spreadsheet, made safe for it: outputs are untrusted text."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from metrics.core import TailwatchError

if TYPE_CHECKING:
    import pandas as pd


def show_progress(share: float, what: str) -> None:
    """A bar on the terminal, nothing in a pipeline."""
    if sys.stderr.isatty():
        done = round(30 * share)
        end = "\n" if share >= 1 else ""
        print(f"\r[{'#' * done}{'.' * (30 - done)}] {what:<40}", end=end, file=sys.stderr, flush=True)


def safe_line(text: object) -> str:
    """A value on one line of a terminal: control characters, which could move the cursor, are taken out."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "\ufffd", str(text))


def safe_cell(value: Any) -> Any:
    """A value for a spreadsheet: text that it would run as a formula is quoted."""
    formula = isinstance(value, str) and value.lstrip()[:1] in tuple("=+-@") and value.strip()
    return f"'{value}" if formula else value


def print_table(rows: pd.DataFrame) -> None:
    """Rows for a person."""
    if rows.empty:
        print("Nothing yet.")
        return
    shown = rows.astype(object).where(rows.notna(), "")
    shown = shown.map(lambda v: f"{v:.4g}" if isinstance(v, float) else safe_line(v))
    right = [dtype.kind in "iuf" for dtype in rows.dtypes]
    aligned = [_aligned([str(n), *shown[n]], r) for n, r in zip(shown, right, strict=True)]
    print("\n".join("  ".join(cells).rstrip() for cells in zip(*aligned, strict=True)))


def _aligned(cells: Sequence[str], right: bool) -> list[str]:
    """The cells of a column, all as wide as the widest: numbers to the right, text to the left."""
    width = max(map(len, cells))
    return [cell.rjust(width) if right else cell.ljust(width) for cell in cells]


def print_rows(rows: pd.DataFrame, form: str) -> None:
    """Rows as table, json or csv."""
    if form == "json":
        import json

        records = rows.astype(object).where(rows.notna(), None).to_dict("records")
        print(json.dumps(records, indent=1, default=str, allow_nan=False))
    elif form == "csv":
        print(rows.map(safe_cell).to_csv(index=False), end="")
    else:
        print_table(rows)


def parse_cycles(text: str) -> list[int]:
    """Read '0-3' or '2,3,5'.

    >>> parse_cycles("0-3"), parse_cycles("2,3,5")
    ([0, 1, 2, 3], [2, 3, 5])
    """
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,9})(?:-(\d{1,9}))?\s*", part)
        last = int(match[2] or match[1]) if match else -1
        if not match or last < int(match[1]) or last - int(match[1]) > 10_000:
            raise TailwatchError(f"Cycles are given as 0-3 or 2,3,5; got '{text}'.")
        found += range(int(match[1]), last + 1)
    return sorted(set(found))
