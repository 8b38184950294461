"""Parquet files."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from metrics.core import RawTable, TailwatchError, reader
from metrics.opening import MAX_BYTES, table, unpacked


@reader("parquet", "Parquet", (".parquet", ".pq", ".parquet.gz", ".parquet.zst"))
def parquet(path: Path) -> RawTable:
    """Every column as it is; nested ones as lists and objects."""
    try:
        with unpacked(path) as raw:
            file = pq.ParquetFile(pa.BufferReader(raw.read()))
            size = sum(
                file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups)
            )
            if size > MAX_BYTES:
                raise TailwatchError(
                    f"'{path.name}' holds {size / 1024**3:.1f} GiB once unpacked.", do="Split it."
                )
            return table(file.read().to_pylist(), [])
    except (pa.ArrowException, ValueError) as error:
        raise TailwatchError(
            f"'{path.name}' cannot be read as Parquet:", f"{str(error).splitlines()[0][:160]}."
        ) from None
