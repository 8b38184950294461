"""Comma- or tab-separated values with a header line."""

from __future__ import annotations

import csv as csv_module
import sys
from pathlib import Path
from typing import Any

from metrics.core import RawTable, TailwatchError, reader
from metrics.opening import table, text_of

ENDINGS = (".csv", ".tsv", ".csv.gz", ".csv.zst", ".tsv.gz", ".tsv.zst")


@reader("csv", "CSV or TSV", ENDINGS)
def csv(path: Path) -> RawTable:
    """One row per line, named by the header; a line with another number of cells is set aside.

    Quoted cells may hold line breaks. Every cell is text until the gate types it, so that an id 007 stays
    007. UTF-8, with or without a byte order mark; gzip and zstd too.
    """
    # One output can be a megabyte; the limit on the whole file bounds it.
    csv_module.field_size_limit(sys.maxsize)
    rows: list[dict[str, Any]] = []
    numbers: list[int] = []
    rejects: list[tuple[int, str, str]] = []
    mark = "\t" if ".tsv" in path.name.lower() else ","
    with text_of(path) as lines:
        # Strict: a quote that is never closed would swallow the rest of the file without a word.
        parsed = csv_module.reader(lines, delimiter=mark, strict=True)
        try:
            header = [name.strip() for name in next(parsed, [])]
            _check(header, path)
            for number, cells in enumerate(parsed, 1):
                if len(cells) == len(header):
                    rows.append(dict(zip(header, cells, strict=True)))
                    numbers.append(number)
                elif cells:
                    reason = f"it has {len(cells)} cells where the header names {len(header)}"
                    rejects.append((number, reason, mark.join(cells)[:2000]))
        except csv_module.Error as error:
            where = f"{error}, at line {parsed.line_num}."
            raise TailwatchError(f"'{path.name}' cannot be read as CSV:", where, "Is a quote open?") from None
    return table(rows, rejects, numbers)


def _check(header: list[str], path: Path) -> None:
    if not any(header):
        raise TailwatchError(f"'{path.name}' is empty.", do="Check that the eval wrote its outputs.")
    twice = {name for name in header if header.count(name) > 1}
    if twice:
        raise TailwatchError(f"'{path.name}' names the column '{min(twice)[:40]}' twice.", do="Rename one.")
