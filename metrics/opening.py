"""Opening an upload: compression, encoding, and a limit on how much it may unpack to."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import pandas as pd
import pyarrow as pa

from metrics.core import NUMBERED, RawTable, TailwatchError
from metrics.fields import clean

MAX_DEPTH = 64
MAX_BYTES = 2 * 1024**3
MAX_ROWS = 2_000_000
_PACKED = {".gz": "gzip", ".zst": "zstd"}


class _Limited(io.RawIOBase):
    """Passes bytes on until there are too many: a small file may unpack to anything."""

    def __init__(self, inner: pa.NativeFile, name: str) -> None:
        self._inner, self._name, self._left = inner, name, MAX_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._inner.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise TailwatchError(
                f"'{self._name}' holds more than {MAX_BYTES // 1024**3} GiB once unpacked.", do="Split it."
            )
        buffer[: len(data)] = data
        return len(data)


@contextlib.contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, gzip and zstd taken off by its ending."""
    packing = _PACKED.get(path.suffix.lower())
    try:
        with pa.input_stream(str(path), compression=packing) as inner:
            yield io.BufferedReader(_Limited(inner, path.name))
    except OSError as error:
        found = f"{str(error).splitlines()[0][:160]}." if packing else f"{error.strerror or error}."
        raise TailwatchError(f"'{path.name}' cannot be read:", found, "Is it whole?") from None


@contextlib.contextmanager
def text_of(path: Path) -> Iterator[TextIO]:
    """The text of a UTF-8 file without its byte order mark; bytes that are not UTF-8 are replaced."""
    with unpacked(path) as raw:
        yield io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="")


def table(
    rows: Sequence[dict[str, Any]],
    rejects: Sequence[tuple[int, str, str]],
    numbers: Sequence[int] | None = None,
) -> RawTable:
    """Rows, their numbers in the file, and rejected lines (number, reason, raw) as a raw table.

    Texts are made storable. Without numbers, rows are counted from 1.
    """
    if len(rows) > MAX_ROWS:
        raise TailwatchError(f"The file has {len(rows):,} rows; {MAX_ROWS:,} are the most.", do="Split it.")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    data = {clean(str(c)): pd.Series([_clean(row.get(c)) for row in rows], dtype=object) for c in columns}
    frame = pd.DataFrame(data, index=range(len(rows)), dtype=object)
    frame.index = pd.Index(range(1, len(rows) + 1) if numbers is None else numbers, name=NUMBERED)
    return RawTable(frame, pd.DataFrame(list(rejects), columns=["row", "reason", "raw"], dtype=object))


def deep(value: Any) -> bool:
    """Whether something is nested deeper than any eval's output: Python's stack has an end."""
    level = [value]
    for _ in range(MAX_DEPTH):
        inner = [v if isinstance(v, list) else v.values() for v in level if isinstance(v, list | dict)]
        level = [v for part in inner for v in part]
    return bool(level)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_clean(v) for v in value]
    if isinstance(value, dict):
        return {clean(str(k)): _clean(v) for k, v in value.items()}
    return value
