"""The tables that ship with this version: rows of a csv file as what they stand for."""

from __future__ import annotations

import csv
import types
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

T = TypeVar("T")


def rows(file: Path, kind: type[T]) -> tuple[T, ...]:
    """The rows of a file as dataclasses of one kind, its columns by their names; none where there is no file.

    An empty cell is None where the field may be None.
    """
    if not file.exists():
        return ()
    of = get_type_hints(kind)
    with file.open(encoding="utf-8", newline="") as lines:
        return tuple(kind(**{n: _typed(row[n], of[n]) for n in of}) for row in csv.DictReader(lines))


def _typed(text: str, kind: Any) -> Any:
    able = get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    return None if text == "" and type(None) in able else able[0](text)
