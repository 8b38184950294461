"""One DuckDB file, opened for a moment at a time under a lock that stands beside it.

DuckDB lets one process hold a file. Command line and app share it by opening it only for as long as a
statement takes, under a lock file: exclusive to write, shared to read. Retrying without the lock has lost
acknowledged commits.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from metrics.core import TailwatchError

_CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
}
Connection = duckdb.DuckDBPyConnection


def _migrations() -> list[tuple[int, str]]:
    folder = resources.files("metrics.store") / "migrations"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [(int(f.name[:4]), f.read_text(encoding="utf-8")) for f in files]


class Database:
    """A store file: created on first use, brought up to the newest schema, opened in short turns."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if self.path.is_dir():
            raise TailwatchError(f"The store '{self.path}' is a folder.", do="Name a file with --db FILE.")
        if self.path.exists() and not self.path.is_file():
            raise TailwatchError(
                f"The store '{self.path}' is no ordinary file.", do="Name one with --db FILE."
            )
        if not self.path.parent.is_dir():
            raise TailwatchError(
                f"The store '{self.path}' cannot be made:",
                f"there is no folder '{self.path.parent}'.",
                "Make it first, or name another with --db FILE.",
            )
        self._ready = False

    @contextlib.contextmanager
    def writing(self, *, moves: bool = True) -> Iterator[Connection]:
        """An exclusive turn, one transaction: all of it is kept, or nothing.

        What no screen keeps a copy of need not move the revision: then `moves` is False.
        """
        with self._locked(fcntl.LOCK_EX), self._open(read_only=False) as con:
            self._migrate(con)
            con.execute("BEGIN")
            try:
                yield con
                con.execute("UPDATE meta SET value = value + ? WHERE key = 'revision'", [int(moves)])
                con.execute("COMMIT")
            except BaseException as error:
                # After a fatal error, such as a full disk, there is nothing left to roll back.
                with contextlib.suppress(duckdb.Error):
                    con.execute("ROLLBACK")
                if isinstance(error, duckdb.Error):
                    raise self._refused("written", error, "Nothing was stored.") from error
                raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A shared turn. What a crash left in the write-ahead log is played back first."""
        if not self._ready or not self.path.exists() or self._log().exists():
            with self._locked(fcntl.LOCK_EX), self._open(read_only=False) as con:
                self._migrate(con)
        with self._locked(fcntl.LOCK_SH), self._open(read_only=True) as con:
            try:
                yield con
            except duckdb.Error as error:
                raise self._refused("read", error, "Is the file damaged? Restore it from a copy.") from error

    def revision(self) -> int:
        """A number that moves with every change: what a screen has cached is good until it does."""
        with self.reading() as con:
            row = con.execute("SELECT value FROM meta WHERE key = 'revision'").fetchone()
        return int(row[0]) if row else 0

    def _log(self) -> Path:
        return self.path.with_name(self.path.name + ".wal")

    def _refused(self, what: str, error: duckdb.Error, hint: str) -> TailwatchError:
        found = str(error).splitlines()[0][:200].rstrip(".! ")
        return TailwatchError(f"The store '{self.path}' cannot be {what}:", f"{found}.", hint)

    @contextlib.contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        try:
            handle = self.path.with_name(self.path.name + ".lock").open("a")
        except OSError as error:
            raise TailwatchError(
                f"The store '{self.path}' cannot be locked:", f"{error.strerror}.", "Is the folder writable?"
            ) from None
        with handle:
            fcntl.flock(handle, how)
            # Somebody may have removed the file since: then the schema is to be made again.
            self._ready = self._ready and self.path.exists()
            yield

    @contextlib.contextmanager
    def _open(self, read_only: bool) -> Iterator[Connection]:
        try:
            con = duckdb.connect(str(self.path), read_only=read_only, config=dict(_CONFIG))
        except duckdb.Error as error:
            # A block of the file that cannot be read is another matter.
            held = "Could not set lock" in str(error)
            hint = "Close the program that holds it." if held else "Name a Tailwatch store with --db FILE."
            raise self._refused("opened", error, hint) from None
        try:
            yield con
        finally:
            con.close()

    def _migrate(self, con: Connection) -> None:
        if self._ready:
            return
        tables = [str(row[0]) for row in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        if tables and "schema_version" not in tables:
            raise TailwatchError(
                f"'{self.path}' is a DuckDB file, but no Tailwatch store;",
                f"it holds {', '.join(tables[:5])}.",
                "Name another file with --db FILE.",
            )
        con.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER, applied_at TIMESTAMP)")
        row = con.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchone()
        have, steps = int(row[0]) if row else 0, _migrations()
        if have > steps[-1][0]:
            raise TailwatchError(
                f"The store '{self.path}' was written by a newer Tailwatch (schema {have});",
                f"this one knows {steps[-1][0]}.",
                "Update Tailwatch.",
            )
        for version, script in steps:
            if version > have:
                con.execute("BEGIN")
                con.execute(script)
                con.execute("INSERT INTO schema_version VALUES (?, now()::TIMESTAMP)", [version])
                con.execute("COMMIT")
        self._ready = True


@contextlib.contextmanager
def incoming(con: Connection, rows: pa.Table) -> Iterator[None]:
    """Show a table to the connection under the name 'incoming', for INSERT ... SELECT."""
    con.register("incoming", rows)
    try:
        yield
    finally:
        con.unregister("incoming")


def frame(con: Connection, query: str, values: Any = None) -> pd.DataFrame:
    """The result of a query, moved by Arrow."""
    found: pd.DataFrame = con.sql(query, params=values or []).to_arrow_table().to_pandas()
    return found


def touch(con: Connection, lineage: str) -> None:
    """Note that a lineage's data changed, and so what lineages compare with that have it as their control.

    The lineage is made if it is new.
    """
    con.execute(
        "INSERT INTO lineages VALUES (?, now()::TIMESTAMP, 0, -1, NULL, NULL) ON CONFLICT DO NOTHING",
        [lineage],
    )
    con.execute(
        "UPDATE lineages SET data_revision = data_revision + 1"
        " WHERE lineage = $lineage OR json_extract_string(baseline, '$.like') = $lineage",
        {"lineage": lineage},
    )
