"""How a command declares itself, and what several commands ask for alike.

A file in metrics/commands holds one function declared by `@command(...)`; it imports what is heavy only when
it is called, so that the help stays quick.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from metrics.core import Registry, TailwatchError

if TYPE_CHECKING:
    import pandas as pd

    from metrics.store import Store

Options = argparse.Namespace
Parser = argparse.ArgumentParser


def nothing_more(p: Parser) -> None:
    """No arguments of its own."""


@dataclass(frozen=True)
class Command:
    """A function from options to an exit code, and what the command line says of it.

    `place` orders the help, in steps of ten, so that one more fits between. `lineage`: whether it takes
    --lineage, and must be given it. `db`: the store where neither --db nor TAILWATCH_DB names one.
    """

    name: str
    help: str
    place: int
    run: Callable[[Options], int] = field(compare=False)
    lineage: Literal["required", "optional"] | None = None
    arguments: Callable[[Parser], None] = field(default=nothing_more, compare=False)
    db: str = "tailwatch.duckdb"


COMMANDS: Registry[Command] = Registry("metrics.commands")


def command(
    name: str,
    help: str,
    *,
    place: int,
    lineage: Literal["required", "optional"] | None = None,
    arguments: Callable[[Parser], None] = nothing_more,
    db: str = Command.db,
) -> Callable[[Callable[[Options], int]], Callable[[Options], int]]:
    """Declare the decorated function as a command; the words are the fields of `Command`."""

    def register(run: Callable[[Options], int]) -> Callable[[Options], int]:
        COMMANDS.add(Command(name, help, place, run, lineage, arguments, db))
        return run

    return register


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, got '{text}'")
    return int(text)


def _host(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("a host is an address, such as 127.0.0.1")
    return text


def address(p: Parser) -> None:
    """--host and --port."""
    p.add_argument(
        "--host", type=_host, default="127.0.0.1", help="where to listen (default: this machine only)"
    )
    p.add_argument("--port", type=_port, default=8501, help="port (default 8501)")


def files(p: Parser) -> None:
    """The files, and how to read them."""
    p.add_argument("files", nargs="+", metavar="FILE", help="CSV, TSV, JSONL or Parquet; .gz and .zst too")
    p.add_argument("--format", metavar="NAME", help="reader, where the ending does not tell")
    p.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help="the column that holds a field: example_id, output, prediction, label, score, slice.NAME ...",
    )


def pairs(items: Sequence[str]) -> dict[str, str]:
    """The FIELD=COLUMN of --map as a mapping."""
    mapping = {}
    for item in items:
        name, sign, column = item.partition("=")
        if not sign or not name or not column:
            raise TailwatchError(
                f"--map takes FIELD=COLUMN; got '{item}'.", do="For example --map output=answer."
            )
        mapping[name] = column
    return mapping


def open_store(options: Options, must_exist: bool = True) -> Store:
    """The store that --db names."""
    from metrics.store import Store

    if must_exist and not Path(options.db).exists():
        raise TailwatchError(
            f"There is no store '{options.db}'.", do="Ingest a cycle first, or name the store with --db FILE."
        )
    return Store(options.db)


def lineage_of(options: Options, store: Store) -> str | None:
    """The lineage that --lineage names, or None; one that is not there is a mistake."""
    if options.lineage is not None and store.state(options.lineage) is None:
        names = ", ".join(store.lineages()["lineage"])
        raise TailwatchError(f"There is no lineage '{options.lineage}' in the store;", f"it has {names}.")
    return str(options.lineage) if options.lineage is not None else None


def values_of(store: Store, lineage: str) -> pd.DataFrame:
    """Every stored value of a lineage, as it is printed: `n` in whole outputs."""
    rows = store.values(lineage)
    return rows.assign(n=rows["n"].round().astype("Int64"))
