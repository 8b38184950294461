"""Parquet files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from metrics.core import RawTable, TailwatchError, reader
from metrics.opening import MAX_BYTES, MAX_ROWS, unpacked


@reader("parquet", "Parquet", (".parquet", ".pq", ".parquet.gz", ".parquet.zst"))
def parquet(path: Path) -> RawTable:
    """Every column as it is; nested ones as lists and objects."""
    try:
        with unpacked(path) as raw:
            file = pq.ParquetFile(pa.BufferReader(raw.read()))
            _check_size(file, path)
            found = file.read()
            columns = {n: pd.Series(found[n].to_pylist(), dtype=object) for n in found.column_names}
            rows = pd.DataFrame(columns, index=range(found.num_rows), dtype=object)
    except (pa.ArrowException, ValueError, OverflowError, KeyError) as error:
        raise TailwatchError(f"'{path.name}' cannot be read as Parquet:", f"{str(error)[:160]}.") from None
    return RawTable(rows, pd.DataFrame(columns=["row", "reason", "raw"], dtype=object))


def _check_size(file: pq.ParquetFile, path: Path) -> None:
    """Repeated values take no room in a file, and all the more once unpacked."""
    facts = file.metadata
    size = sum(facts.row_group(i).total_byte_size for i in range(facts.num_row_groups))
    if size > MAX_BYTES or facts.num_rows > MAX_ROWS or facts.num_columns > 1_000:
        raise TailwatchError(
            f"'{path.name}' is too large: {facts.num_rows:,} rows, {facts.num_columns} columns;",
            f"{MAX_ROWS:,} rows are the most.",
            "Split it.",
        )
