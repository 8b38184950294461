"""The store file: what is said where it cannot be opened, and what happens within one turn."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from metrics.core import TailwatchError
from metrics.store import Store


@pytest.mark.parametrize(
    ("found", "do"),
    [
        ("IO Error: Could not set lock on file 's.duckdb': Conflicting lock is held", "Close the program"),
        ("IO Error: Corrupt database file: computed checksum does not match stored in block", "Name a Tail"),
    ],
)
def test_a_damaged_block_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: str, do: str):
    def refuses(*_: object, **__: object) -> None:
        raise duckdb.IOException(found)

    monkeypatch.setattr("metrics.store.database.duckdb.connect", refuses)
    with pytest.raises(TailwatchError, match=do):
        Store(tmp_path / "s.duckdb").revision()


def test_what_is_no_file_gets_no_lock_beside_it():
    with pytest.raises(TailwatchError, match="'/dev/null' is no ordinary file"):
        Store("/dev/null")


def test_a_rule_is_changed_and_deleted_as_it_is_within_the_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Somebody else deletes it just before: there is nothing to change, and nothing to note in the log."""
    store = Store(tmp_path / "s.duckdb")
    for act in (lambda name: store.edit_rule(name, {"line": 1.0}), store.delete_rule):
        name, writing = store.add_rule(None, "threshold", {"line": 2.0}).id, store.writing

        def late(name: str = name, writing: Any = writing) -> Any:
            monkeypatch.undo()
            Store(store.path).delete_rule(name)
            return writing()

        monkeypatch.setattr(store, "writing", late)
        with pytest.raises(TailwatchError, match=f"There is no rule '{name}'"):
            act(name)
        assert store.rule_log(name)["event"].tolist()[-2:] == ["made", "deleted"]
