"""The store: what goes in comes out, whole or not at all, whoever is killed and however many come at once."""

import hashlib
import itertools
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics import engine, pipeline
from metrics.core import MetricValue, RawTable, TailwatchError
from metrics.gate import gate
from metrics.opening import table
from metrics.store import Store, outputs
from metrics.store.tables import as_table

REPO = Path(__file__).parent.parent
NONE = pd.DataFrame(columns=["row", "reason", "raw", "lineage", "cycle"])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def rows(cycle: int, n: int = 30, seed: int = 0, lineage: str = "L") -> pd.DataFrame:
    rng = np.random.default_rng([seed, cycle])
    texts = [" ".join(rng.choice(list("abcdefgh"), 6)) for _ in range(n)]
    facts = {"lineage": lineage, "cycle": cycle, "example_id": [f"p{i}" for i in range(n)]}
    return pd.DataFrame({**facts, "output": texts, "score": rng.random(n)})


def scores(cycle: int) -> pd.DataFrame:
    """60 rows that are measured in no time: no text to embed."""
    return rows(cycle, n=60).drop(columns="output")


def add(store: Store, *frames: pd.DataFrame, **options: Any) -> list[Any]:
    return store.add(gate(pd.concat(frames)).outputs, NONE, {}, **options)


def everything(store: Store) -> dict[str, list[tuple]]:
    """All rows of all tables but the revision, as a fingerprint."""
    with store.reading() as con:
        names = [r[0] for r in con.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()]
        return {n: con.sql(f'FROM "{n}" ORDER BY ALL').fetchall() for n in names if n != "meta"}


# Round trip

TEXT = (
    st.none()
    | st.text(max_size=5)
    | st.sampled_from(["", " ", "'; DROP TABLE outputs; --", '"', "🙂", "日\n本", "a,b"])
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "lineage": st.sampled_from(["L", "l'; DROP TABLE cycles; --", "é🙂"]),
            "cycle": st.integers(0, 2),
            "example_id": st.sampled_from("abcd"),
            "output": TEXT,
            "prediction": TEXT,
            "score": st.none() | st.floats(-1e300, 1e300),
            "seed": st.none() | st.integers(0, 2),
            "verified": st.none() | st.booleans(),
            "slice.task": TEXT,
            "slice.a b'c": TEXT,
            "embedding": st.none() | st.lists(st.floats(-9, 9, width=32), min_size=2, max_size=2),
            "actions": st.none() | st.lists(st.sampled_from(["say", "search é🙂"]), max_size=3),
            "own": TEXT,
        }
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture(scope="module")
def one_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("round")


@given(ROWS)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_outputs_round_trip(one_folder, raw):
    store = Store(one_folder / "round.duckdb")
    try:
        given = gate(table(raw, []).rows).outputs
    except TailwatchError:
        return
    store.add(given, NONE, {}, replace=True)
    for (lineage, cycle), part in given.groupby(["lineage", "cycle"]):
        back = store.outputs(lineage, [cycle])
        lost = [c for c in part if c.startswith("slice.") and part[c].isna().all()]
        assert sorted(back.columns) == sorted(part.columns.difference(lost))
        for name in back.columns:
            a, b = plain(part[name]), plain(back[name])
            assert a == b, name


def plain(column: pd.Series) -> list[Any]:
    """A column as plain Python: None for nothing, lists for vectors."""
    found = []
    for value in column.astype(object):
        if isinstance(value, list | np.ndarray):
            found.append([x if isinstance(x, str) else float(x) for x in value])
        else:
            found.append(None if pd.isna(value) else value)
    return found


@pytest.mark.parametrize(
    "name",
    ["'; DROP TABLE cycles; --", 'say "🙂"', "x" * 2_000, "%s ? $1 ../\n.."],
)
def test_hostile_lineage_names(store, name):
    pipeline.ingest(store, [scores(0).assign(lineage=lineage) for lineage in (name, "other")])
    assert sorted(store.lineages()["lineage"]) == sorted([name, "other"])
    assert pipeline.check(store, name)["lineage"] == name
    store.rename_cycle(name, 0, name)
    assert store.cycles(name)["label"].tolist() == [name]
    store.delete_cycle(name, 0)
    assert store.cycles("other")["cycle"].tolist() == [0]


def test_a_reference_keeps_what_drift_is_measured_against(store):
    own = rows(0).drop(columns=["lineage", "cycle"])
    own = own.assign(prediction="a", logprob=-1.5, actions=[["x"]] * 30)
    pipeline.reference(store, [own], lineage="R")
    back = store.reference("R").sort_values("example_id")
    assert back["score"].tolist() == own.sort_values("example_id")["score"].tolist()
    assert set(back["prediction"]) == {"a"}
    assert set(back["logprob"]) == {-1.5}
    assert back["actions"].tolist() == [["x"]] * 30


def test_spread_and_standard_error_are_read_back(store):
    add(store, rows(0))
    told = MetricValue(0, "m", 1, None, "ok", 1.0, stderr=0.5, spread=((1, 7), (2**40, 3)))
    plainer = replace(told, slice="a=b", stderr=None, spread=((), ()))
    store.save_values("L", [("k", told), ("k", plainer)], store.digests("L"))
    back = store.all_values("L")
    assert back[(0, None, "m", 1, "k")] == told
    assert back[(0, "a=b", "m", 1, "k")].spread == ((), ())
    assert back[(0, "a=b", "m", 1, "k")].stderr is None


def test_a_store_of_the_first_schema_is_carried_on(tmp_path):
    """Its cycles keep the name of their content, so that the same file again is still a no-op."""
    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute((REPO / "metrics/store/migrations/0001_first.sql").read_text())
        con.execute("CREATE TABLE schema_version (version INTEGER, applied_at TIMESTAMP)")
        con.execute("INSERT INTO schema_version VALUES (1, now()::TIMESTAMP)")
    content = gate(rows(0)).outputs
    hashed = hashlib.sha256(b"{}")
    table = as_table(content).drop_columns(["lineage", "actions"])
    for column in table.columns:
        hashed.update(repr(column.to_pylist()).encode())
    store = Store(path)
    add(store, rows(0))
    assert store.cycles("L")["digest"].tolist() == [hashed.hexdigest()]
    assert store.aggregates().empty


# Whole or not at all, once


def test_the_same_content_twice_changes_nothing(store):
    add(store, rows(0), rows(1))
    before, revision = everything(store), store.state("L").data_revision
    (again,) = add(store, rows(1), rows(0).sample(frac=1, random_state=1))
    assert (again.written, again.unchanged) == ((), (0, 1))
    assert everything(store) == before
    assert store.state("L").data_revision == revision


def test_other_content_is_refused_and_nothing_changes(store):
    """Cycle 3 of the same call would be fine: it is not stored either."""
    add(store, rows(0), rows(1))
    before = everything(store)
    with pytest.raises(TailwatchError, match=r"Cycle 1 of 'L' is there already, with other content. Nothing"):
        add(store, rows(3), rows(1, seed=5))
    assert everything(store) == before


def test_other_facts_are_other_content(store):
    pipeline.ingest(store, [rows(0)], facts={"decoding": "temperature=1"})
    with pytest.raises(TailwatchError, match="already"):
        pipeline.ingest(store, [rows(0)], facts={"decoding": "temperature=0"})
    pipeline.ingest(store, [rows(0)], facts={"decoding": "temperature=0"}, replace=True)
    assert store.cycles("L")["decoding"].tolist() == ["temperature=0"]


def test_replacing(store):
    add(store, rows(0), rows(1))
    (done,) = add(store, rows(0), rows(1, seed=5), replace=True)
    assert (done.written, done.unchanged) == ((1,), (0,))
    stored = store.outputs("L", [1])["output"].tolist()
    assert sorted(stored) == sorted(rows(1, seed=5)["output"])


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_failure_midway_leaves_nothing(store, monkeypatch, failing):
    add(store, rows(9))
    before, write, calls = everything(store), outputs._write, iter(range(10))

    def breaks(*args: Any) -> None:
        write(*args)
        if next(calls) == failing:
            raise KeyboardInterrupt

    monkeypatch.setattr(outputs, "_write", breaks)
    with pytest.raises(KeyboardInterrupt):
        add(store, *(rows(c) for c in range(5)))
    monkeypatch.undo()
    assert everything(store) == before
    add(store, *(rows(c) for c in range(5)))
    assert store.cycles("L")["cycle"].tolist() == [0, 1, 2, 3, 4, 9]


def test_bad_input_stores_nothing(store):
    with pytest.raises(TailwatchError, match="A parent is the number of a cycle"):
        pipeline.ingest(store, [rows(0)], facts={"parent": "base"})
    with pytest.raises(TailwatchError, match="same example of the same cycle"):
        pipeline.ingest(store, [rows(0), rows(0)])
    with pytest.raises(TailwatchError, match="no file was given"):
        pipeline.ingest(store, [])
    assert store.lineages().empty


# Cycles


def test_delete_and_rename(store):
    pipeline.ingest(store, [rows(c) for c in range(3)])
    store.rename_cycle("L", 1, "second")
    store.delete_cycle("L", 2)
    assert store.cycles("L")["label"].fillna("").tolist() == ["", "second"]
    pipeline.refresh(store)
    assert set(store.values("L")["cycle"]) == {0, 1}
    assert [v.cycle for v in store.verdicts("L")] == [0, 1]
    for change in (lambda: store.delete_cycle("L", 2), lambda: store.rename_cycle("L", 2, "x")):
        with pytest.raises(TailwatchError, match=r"Lineage 'L' has no cycle 2; it has 0, 1."):
            change()


def test_a_lineage_without_cycles_is_at_rest(store):
    """Its cycles deleted, or a reference pinned before the first upload: refresh has nothing to do twice."""
    pipeline.ingest(store, [rows(0)])
    store.delete_cycle("L", 0)
    pipeline.reference(store, [rows(0).drop(columns=["lineage", "cycle"])], lineage="R")
    pipeline.refresh(store)
    revision = store.revision()
    assert pipeline.refresh(store) == []
    assert store.revision() == revision
    with pytest.raises(TailwatchError, match="Lineage 'R' has no cycle yet"):
        pipeline.check(store, "R")


def test_unknown_names_give_sentences(store):
    pipeline.ingest(store, [rows(0)])
    with pytest.raises(TailwatchError, match=r"There is no lineage 'M' in the store; it has L"):
        pipeline.check(store, "M")
    with pytest.raises(TailwatchError, match=r"Lineage 'L' has no cycle 4; it has 0\."):
        pipeline.check(store, "L", 4)
    with pytest.raises(TailwatchError, match="There is no rule 'x'"):
        store.delete_rule("x")
    with pytest.raises(TailwatchError, match="There is no alert 'x'"):
        store.acknowledge("x")


# Rejected rows


def test_rejects_go_with_their_cycle_and_the_lost_ones_with_the_first(store):
    said = [
        ("P", 0, "x"),
        ("P", 1, "x"),
        ("Q", 0, "y"),
        ("Q", 0, None),
        ("P", 1, None),
        ("Q", None, "x"),
        ("Q", 9, None),
    ]
    frame = pd.DataFrame([{"lineage": n, "cycle": c, "example_id": "a", "output": o} for n, c, o in said])
    unread = pd.DataFrame({"row": [3], "reason": ["it is not JSON"], "raw": ["{"]})
    pipeline.ingest(store, [RawTable(frame, unread)])
    kept = {(n, c): store.rejects(n, c)["row"].tolist() for n, c in (("P", 0), ("P", 1), ("Q", 0))}
    assert kept == {("P", 0): [3, 6, 7], ("P", 1): [5], ("Q", 0): [4]}
    assert store.rejects("P")[["cycle", "row"]].to_numpy().tolist() == [[0, 3], [0, 6], [0, 7], [1, 5]]
    with pytest.raises(TailwatchError, match="no cycle 1"):
        store.rejects("Q", 1)
    counts = {n: store.cycles(n)["rejected"].tolist() for n in "PQ"}
    assert counts == {"P": [3, 1], "Q": [1]}
    pipeline.ingest(store, [frame[:2].assign(output="z")], replace=True)
    assert store.rejects("P", 0).empty


# The file


def test_migrations_are_numbered_one_by_one():
    """A number given twice, or later than a greater one, is passed over in a store that is beyond it."""
    numbers = sorted(int(f.name[:4]) for f in (REPO / "metrics/store/migrations").glob("*.sql"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_migrations_run_once(tmp_path):
    path = tmp_path / "s.duckdb"
    add(Store(path), rows(0))
    before = everything(Store(path))
    Store(path).lineages()
    assert everything(Store(path)) == before
    assert [v for v, _ in before["schema_version"]] == list(range(1, len(before["schema_version"]) + 1))


def test_a_newer_schema_is_refused(tmp_path):
    path = tmp_path / "s.duckdb"
    add(Store(path), rows(0))
    with duckdb.connect(str(path)) as con:
        con.execute("INSERT INTO schema_version VALUES (999, now()::TIMESTAMP)")
    for act in (lambda: Store(path).lineages(), lambda: add(Store(path), rows(1))):
        with pytest.raises(
            TailwatchError, match=r"written by a newer Tailwatch .schema 999.*Update Tailwatch.$"
        ):
            act()


def garbage(path: Path) -> None:
    path.write_bytes(b"no database " * 1000)


def foreign(path: Path) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE cycles (mine INTEGER)")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (garbage, "cannot be opened"),
        (Path.touch, "cannot be opened"),
        (foreign, "no Tailwatch store; it holds cycles"),
        (Path.mkdir, "is a folder"),
    ],
    ids=["garbage", "empty", "foreign", "folder"],
)
def test_what_is_no_store_gets_a_sentence(tmp_path, make, said):
    path = tmp_path / "s.duckdb"
    make(path)
    content = path.read_bytes() if path.is_file() else None
    for act in (lambda: Store(path).lineages(), lambda: add(Store(path), rows(0))):
        with pytest.raises(TailwatchError, match=said) as caught:
            act()
        assert "\n" not in str(caught.value)
        assert str(caught.value).endswith(".")
    assert content is None or make is foreign or path.read_bytes() == content


def test_a_missing_folder_gets_a_sentence(tmp_path):
    with pytest.raises(TailwatchError, match="there is no folder"):
        Store(tmp_path / "no" / "s.duckdb")
    assert not (tmp_path / "no").exists()


def test_a_store_that_was_removed_is_made_again(tmp_path):
    """The app holds a Store for days; somebody deletes the file below it."""
    path = tmp_path / "s.duckdb"
    one, other = Store(path), Store(path)
    assert one.revision() == other.revision() == 0
    path.unlink()
    assert one.lineages().empty
    path.unlink()
    add(other, rows(0))
    assert one.lineages()["lineage"].tolist() == ["L"]


# Killed and crowded

WRITER = """
import sys
from metrics import pipeline
from metrics.store import Store
from tests.test_store import scores
store = Store(sys.argv[1])
for cycle in range(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])):
    print("begin", cycle, flush=True)
    pipeline.ingest(store, [scores(cycle)])
    print("done", cycle, flush=True)
"""


def writer(path: Path, *span: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), *map(str, span)]
    return subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path):
    """Killed at once after a 'begin' (mid-write or mid-measure) and after a 'done', thrice on one file."""
    path = tmp_path / "s.duckdb"
    acknowledged: set[int] = set()
    for start, last in ((0, "begin 2"), (100, "done 101"), (200, "begin 201")):
        with writer(path, start, start + 50, 1) as process:
            assert process.stdout is not None
            for line in process.stdout:
                word, cycle = line.split()
                acknowledged |= {int(cycle)} if word == "done" else set()
                if line.strip() == last:
                    break
            os.kill(process.pid, signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        store = Store(path)
        there = set(store.cycles("L")["cycle"])
        assert acknowledged <= there
        for cycle in there:
            assert sorted(store.outputs("L", [cycle])["score"]) == sorted(scores(cycle)["score"])
    assert acknowledged >= {0, 1, 100, 101, 200}
    pipeline.refresh(store)
    assert [v.cycle for v in store.verdicts("L")] == sorted(there)
    assert set(store.values("L", "mean_score")["cycle"]) == there
    assert pipeline.refresh(store) == []


def test_a_crash_between_saves_is_healed(store, monkeypatch):
    """A metric's version moved, and refresh was interrupted after some cycles: the others must follow."""
    pipeline.ingest(store, [rows(c) for c in range(4)])
    monkeypatch.setattr(engine, "SAVE_SECONDS", 0.0)
    old = engine.METRICS.get("length_p50")
    monkeypatch.setitem(engine.METRICS._found, "length_p50", engine.replace(old, version=99))
    save, calls = store.save_values, iter(range(99))

    def breaks(*args: Any) -> None:
        save(*args)
        if next(calls) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(store, "save_values", breaks)
    with pytest.raises(KeyboardInterrupt):
        pipeline.refresh(store)
    monkeypatch.setattr(store, "save_values", save)
    pipeline.refresh(store)
    assert store.values("L", "length_p50")["version"].tolist() == [99] * 4


def crowd(store: Store, over: threading.Event) -> tuple[list[Callable[[], None]], list[int]]:
    """What the threads do; the list holds how many cycles the reader saw, look by look."""
    seen = [0]

    def reads() -> None:
        while not over.is_set():
            seen.append(len(Store(store.path).cycles("L")))

    def writes(start: int) -> None:
        for cycle in range(start, 8, 4):
            pipeline.ingest(store, [scores(cycle)])

    def comes_and_goes() -> None:
        for _ in range(3):
            pipeline.ingest(store, [scores(50)])
            store.delete_cycle("L", 50)
            pipeline.refresh(store, "L")

    return [reads, partial(writes, 0), partial(writes, 1), comes_and_goes], seen


def test_many_writers_and_readers_at_once(tmp_path):
    """Two processes and two threads ingest, one adds and deletes, one reads: nothing is lost."""
    store, over, errors = Store(tmp_path / "s.duckdb"), threading.Event(), []
    acts, seen = crowd(store, over)

    def guarded(act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException:
            errors.append(traceback.format_exc())

    reader, *others = [threading.Thread(target=guarded, args=(act,)) for act in acts]
    with writer(store.path, 2, 8, 4) as one, writer(store.path, 3, 8, 4) as two:
        for thread in (reader, *others):
            thread.start()
        said = [process.communicate()[1] for process in (one, two)]
        for thread in others:
            thread.join()
        over.set()
        reader.join()
    assert (said, errors) == (["", ""], [])
    assert all(b >= a - 1 for a, b in itertools.pairwise(seen)), "a reader sees one cycle go at a time"
    assert store.cycles("L")["cycle"].tolist() == list(range(8))
    assert {len(store.outputs("L", [cycle])) for cycle in range(8)} == {60}
    assert [v.cycle for v in store.verdicts("L")] == list(range(8)), "whoever was last judged all"
    assert pipeline.refresh(store) == []
