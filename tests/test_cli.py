"""The command line as a pipeline uses it: exit codes, what goes where, and sentences for mistakes."""

import json
import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock
from xml.etree import ElementTree

import pandas as pd
import pytest

from metrics import demo
from metrics.asking import COMMANDS
from metrics.cli import main, parser
from metrics.core import SEVERITIES, TailwatchError
from metrics.printing import print_table, safe_cell, safe_line


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    """A store with the first nine real cycles of a lineage that narrows from its onset at cycle 5."""
    folder = tmp_path_factory.mktemp("cli")
    frame = pd.read_parquet(demo.folder() / "replace.parquet").drop(columns="slice.role")
    frame[frame["cycle"] < 9].to_parquet(folder / "replace.parquet")
    store = str(folder / "store.duckdb")
    assert main(["ingest", str(folder / "replace.parquet"), "--db", store]) == 0
    return store


def run(capsys, *words):
    code = main(list(map(str, words)))
    out, err = capsys.readouterr()
    return code, out, err


def test_check_fails_the_pipeline_on_a_narrowing_and_only_then(db, capsys):
    code, out, _ = run(capsys, "check", "--db", db, "--lineage", "replace", "--format", "json")
    result = json.loads(out)
    assert code == 1
    assert result["status"] in ("narrowing", "collapse")
    code, out, _ = run(capsys, "check", "--db", db, "--lineage", "replace", "--cycle", 4, "--format", "json")
    assert code == 0
    assert json.loads(out)["status"] == "learning"


def test_check_names_the_cycle_to_go_back_to(db, tmp_path, capsys):
    """The last healthy one; where it narrows from the first verdict on, the baseline."""
    back = json.loads(run(capsys, "check", "--db", db, "--lineage", "replace", "--format", "json")[1])
    _, out, _ = run(capsys, "check", "--db", db, "--lineage", "replace")
    assert f"Last healthy: cycle {back['last_healthy_cycle']}." in out
    frame = pd.read_parquet(demo.folder() / "replace.parquet").drop(columns="slice.role")
    frame[frame["cycle"].isin([0, 1, 2, 3, 7, 8, 9])].to_parquet(tmp_path / "replace.parquet")
    other = str(tmp_path / "store.duckdb")
    assert main(["ingest", str(tmp_path / "replace.parquet"), "--db", other]) == 0
    code, out, _ = run(capsys, "check", "--db", other, "--lineage", "replace")
    assert code == 1
    assert "Last healthy: its baseline, the first four cycles." in out


def test_fail_on_sets_the_line(db, capsys):
    words = ("check", "--db", db, "--lineage", "replace", "--format", "json")
    severities = {a["severity"] for a in json.loads(run(capsys, *words)[1])["alerts"]}
    code = run(capsys, *words, "--fail-on", "collapse")[0]
    assert code == int("collapse" in severities)


def test_junit_has_one_failure_per_alert(db, capsys):
    _, out, _ = run(capsys, "check", "--db", db, "--lineage", "replace", "--format", "junit")
    suite = ElementTree.fromstring(out)
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) == 1


def test_junit_fails_as_the_exit_code_does(db, capsys, monkeypatch):
    """A watch and a narrowing: two failures from a watch on, one from a narrowing on, none at collapse."""
    alerts = [{"severity": s, "rule": "early_warning", "message": "less"} for s in ("watch", "narrowing")]
    result = {"lineage": "replace", "cycle": 8, "status": "narrowing", "alerts": alerts}
    monkeypatch.setattr("metrics.pipeline.check", lambda *_: result)
    words = ("check", "--db", db, "--lineage", "replace", "--format", "junit")
    found = [run(capsys, *words, "--fail-on", line)[:2] for line in SEVERITIES]
    suites = [ElementTree.fromstring(out) for _, out in found]
    assert [len(suite.findall("testcase/failure")) for suite in suites] == [2, 1, 0]
    assert [suite.get("failures") for suite in suites] == ["2", "1", "0"]
    assert [code for code, _ in found] == [1, 1, 0]


def test_metrics_are_data_on_stdout(db, capsys):
    code, out, err = run(capsys, "metrics", "--db", db, "--lineage", "replace", "--format", "json")
    rows = json.loads(out)
    assert code == 0
    assert err == ""
    assert {"tail_recall", "distinct_1", "mean_score"} <= {r["metric"] for r in rows}
    assert all((r["value"] is None) == (r["status"] != "ok") for r in rows)


def test_plan_is_learned_from_the_cycles_before_the_alert(db, capsys):
    """The lineage narrows from cycle 5 or 6 on: those before it are some five."""
    words = ("plan", "--db", db, "--lineage", "replace")
    code, out, err = run(capsys, *words, "--format", "json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert found["cycles"] in (4, 5, 6)
    assert {row["metric"] for row in found["metrics"]} >= {"tail_recall", "distinct_1"}
    assert all(row["loss"] is None or 0 < row["loss"] < 1 for row in found["metrics"])
    code, out, _ = run(capsys, *words, "--loss", 0.2)
    assert code == 0
    assert "20% loss" in out
    assert out.count("tail prompts") >= 1


def test_same_file_again_is_a_no_op_and_another_needs_replace(db, tmp_path, capsys):
    frame = pd.read_parquet(demo.folder() / "replace.parquet").drop(columns="slice.role")
    one = frame[frame["cycle"] == 8]
    one.to_parquet(tmp_path / "same.parquet")
    code, _, err = run(capsys, "ingest", tmp_path / "same.parquet", "--db", db)
    assert (code, "There already" in err) == (0, True)
    one.assign(score=0.5).to_parquet(tmp_path / "other.parquet")
    code, _, err = run(capsys, "ingest", tmp_path / "other.parquet", "--db", db)
    assert code == 2
    assert "--replace" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ingest", "nowhere.csv", "--lineage", "a"], "no file"),
        (["ingest", __file__, "--lineage", "a"], "no ending that is known"),
        (["check", "--lineage", "nobody"], "no lineage"),
        (["check", "--lineage", "replace", "--cycle", "77"], "no cycle 77"),
        (["selftest", "--lineage", "nobody"], "no lineage 'nobody'"),
        (["selftest", "--lineage", "replace", "--cycles", "0"], "goes on for 1 to 40 cycles"),
        (["rules", "--add", "no_such_metric", "--below", "1"], "no 'no_such_metric'"),
        (["rules", "--add", "mean_score"], "needs a line"),
        (["baseline", "--lineage", "replace", "--cycles", "abc"], "0-3 or 2,3,5"),
        (["cycles", "--lineage", "replace", "--delete", "99"], "no cycle 99"),
        (["export", "--to", "/nowhere/at/all"], "no folder"),
        (["plan", "--lineage", "replace", "--loss", "10"], "between 0 and 1"),
        (["plan", "--lineage", "nobody"], "no lineage"),
        (["catalog", "nonsense"], "no 'nonsense'"),
    ],
)
def test_a_mistake_gets_one_sentence_and_exit_code_2(db, capsys, words, said):
    code, out, err = run(capsys, *words, "--db", db)
    assert code == 2
    assert out == ""
    assert said in err
    assert err.startswith("tailwatch: ")
    assert err.count("\n") == 1


def test_csv_in_with_mapping_and_rejected_rows_said(tmp_path, capsys):
    rows = ["id,answer,acc,lang", *(f"q{i},text {i},{i % 2},en" for i in range(30)), "q99,late,much,en"]
    (tmp_path / "a.csv").write_text("\n".join(rows))
    code, out, err = run(
        *(
            capsys,
            "ingest",
            tmp_path / "a.csv",
            "--db",
            tmp_path / "s.duckdb",
            "--lineage",
            "mine",
            "--cycle",
            0,
        ),
        *("--map", "example_id=id", "--map", "output=answer", "--map", "slice.lang=lang", "--score", "acc"),
        *("--mix", "human=20,generative=80", "--decoding", "temperature=0.7"),
    )
    assert code == 0
    assert "1 row was rejected" in err
    assert "not a number ('much')" in err
    assert "learning" in out
    code, out, _ = run(capsys, "cycles", "--db", tmp_path / "s.duckdb", "--lineage", "mine")
    assert "human=20,generative=80" in out
    place = ("--db", tmp_path / "s.duckdb", "--lineage", "mine")
    assert run(capsys, "cycles", *place, "--rejected", 1)[0] == 2
    assert "`tailwatch cycles --lineage mine --rejected N`" in err
    code, out, _ = run(capsys, "cycles", *place, "--rejected", 0)
    assert code == 0
    assert "not a number ('much')" in out
    assert "q99" in out
    run(capsys, "export", *place, "--to", tmp_path)
    apart = pd.read_csv(tmp_path / "rejects.csv")
    assert apart[["lineage", "cycle", "row"]].to_numpy().tolist() == [["mine", 0, 31]]


def test_that_no_row_was_rejected_is_said(db, capsys):
    code, out, _ = run(capsys, "cycles", "--db", db, "--lineage", "replace", "--rejected", 0)
    assert (code, out) == (0, "No row was rejected with cycle 0.\n")


def test_rules_are_added_fire_and_go(db, capsys):
    add = (
        "rules",
        "--db",
        db,
        "--lineage",
        "replace",
        "--add",
        "mean_score",
        "--below",
        99,
        "--severity",
        "watch",
    )
    code, out, _ = run(capsys, *add)
    assert code == 0
    rule = out.splitlines()[1].split()[0]
    _, out, _ = run(capsys, "alerts", "--db", db, "--format", "json")
    assert f"threshold:{rule}" in {a["rule"] for a in json.loads(out)}
    assert run(capsys, "rules", "--db", db, "--delete", rule)[0] == 0
    _, out, _ = run(capsys, "alerts", "--db", db, "--format", "json")
    assert {a["rule"] for a in json.loads(out)} == {"early_warning"}


def test_acknowledged_alert_stays_so_through_refresh(db, capsys):
    _, out, _ = run(capsys, "alerts", "--db", db, "--format", "json")
    alert = next(a for a in json.loads(out) if a["state"] == "open")
    assert run(capsys, "alerts", "--db", db, "--acknowledge", alert["id"], "--note", "seen")[0] == 0
    assert run(capsys, "baseline", "--db", db, "--lineage", "replace", "--cycles", "0-3")[0] == 0
    _, out, _ = run(capsys, "alerts", "--db", db, "--format", "json")
    again = next(a for a in json.loads(out) if a["id"] == alert["id"])
    assert (again["state"], again["note"]) == ("acknowledged", "seen")


def test_every_table_is_printed(db, capsys):
    for words in (
        ["metrics", "--lineage", "replace"],
        ["alerts"],
        ["cycles", "--lineage", "replace"],
        ["rules"],
    ):
        code, out, err = run(capsys, *words, "--db", db)
        assert (code, err) == (0, "")
        assert out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('example_id,output\na,"open\nb,x\nc,y\n', "at line 4"),
        ("example_id,output,parent\na,x,²\n", "number of a cycle"),
        ("example_id,output,checkpoint\na,x,v1\nb,y,v2\n", "disagree on its checkpoint"),
        ("example_id,embedding\na," + "[" * 100_000 + "\n", "finite numbers"),
    ],
)
def test_a_file_that_cannot_be_right_is_one_sentence(tmp_path, capsys, text, said):
    (tmp_path / "a.csv").write_text(text)
    words = ("ingest", tmp_path / "a.csv", "--db", tmp_path / "s.duckdb", "--lineage", "a", "--cycle", 0)
    code, out, err = run(capsys, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_files_of_one_cycle_must_agree_on_its_facts(tmp_path, capsys):
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text(f"example_id,output,checkpoint\n{name},x,v-{name}\n")
    words = ("ingest", tmp_path / "a.csv", tmp_path / "b.csv", "--lineage", "l", "--cycle", 0)
    code, _, err = run(capsys, *words, "--db", tmp_path / "s.duckdb")
    assert code == 2
    assert "disagree on its checkpoint" in err


def test_a_column_taken_for_the_lineage_by_mistake_is_noticed(tmp_path, capsys):
    rows = "\n".join(f"e{i},x,{i}" for i in range(30))
    (tmp_path / "a.csv").write_text(f"example_id,output,who\n{rows}\n")
    words = (
        "ingest",
        tmp_path / "a.csv",
        "--map",
        "lineage=who",
        "--cycle",
        0,
        "--db",
        tmp_path / "s.duckdb",
    )
    code, _, err = run(capsys, *words)
    assert code == 2
    assert "30 different values of lineage" in err


def test_bytes_that_are_no_text_do_no_harm(db, capsys):
    code, _, err = run(capsys, "check", "--db", db, "--lineage", "\udcff")
    assert (code, "There is no lineage" in err) == (2, True)


def test_a_damaged_store_never_looks_like_an_alert(tmp_path, capsys, db):
    (tmp_path / "half.duckdb").write_bytes(Path(db).read_bytes()[: Path(db).stat().st_size // 2])
    code, out, err = run(capsys, "check", "--db", tmp_path / "half.duckdb", "--lineage", "replace")
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_a_mistake_of_ours_is_no_alert_either(db, capsys, monkeypatch):
    monkeypatch.setattr("metrics.pipeline.check", lambda *words: 1 / 0)
    code, _, err = run(capsys, "check", "--db", db, "--lineage", "replace")
    assert (code, err.count("\n")) == (2, 1)
    assert "ZeroDivisionError" in err


def test_no_message_steers_the_terminal(db, capsys, monkeypatch):
    """Names out of a store stand in them, and those may hold anything."""
    evil = "\x1b[2J\u202eevil"
    for error in (TailwatchError(evil), OSError(5, "Input", evil), ValueError(evil)):
        monkeypatch.setattr("metrics.pipeline.check", Mock(side_effect=error))
        code, _, err = run(capsys, "check", "--db", db, "--lineage", "replace")
        assert (code, "evil" in err, err.count("\n")) == (2, True, 1)
        assert not {"\x1b", "\u202e"} & {*err}


def test_a_small_eval_set_is_told_at_once_that_no_alert_can_come(tmp_path, capsys):
    rows = "\n".join(f"e{i},some words {i}" for i in range(40))
    (tmp_path / "a.csv").write_text(f"example_id,output\n{rows}\n")
    words = ("ingest", tmp_path / "a.csv", "--lineage", "small", "--cycle", 0, "--db", tmp_path / "s.duckdb")
    assert "no alert can come: 200 outputs are needed" in run(capsys, *words)[1]


def test_export_writes_no_formula_cells(db, tmp_path, capsys):
    assert run(capsys, "export", "--db", db, "--to", tmp_path)[0] == 0
    assert set(pd.read_csv(tmp_path / "values.csv")["lineage"]) == {"replace"}
    assert safe_cell("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert safe_cell("  =1+1") == "'  =1+1"
    assert safe_line("a\x1b[2Jb") == "a\ufffd[2Jb"


@pytest.mark.parametrize("command", ["", "ingest", "check", "rules", "baseline", "export"])
def test_help_teaches_every_command(command):
    words = [sys.executable, "-m", "metrics.cli", *([command] if command else []), "--help"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "usage: tailwatch" in done.stdout


@pytest.mark.parametrize("command", COMMANDS.all().values(), ids=lambda c: c.name)
def test_every_command_in_the_folder_is_taught(capsys, command):
    """Each file holds the command of its name, with help text, and takes the store to work on."""
    assert command.run.__module__ == f"metrics.commands.{command.name}"
    with pytest.raises(SystemExit) as end:
        main([command.name, "--help"])
    out = capsys.readouterr().out
    assert end.value.code == 0
    assert " ".join(command.help.split()) in " ".join(out.split())
    assert f"TAILWATCH_DB, else {command.db}" in " ".join(out.split())
    assert ("--lineage L" in out) == (command.lineage is not None)


def test_help_lists_the_commands_in_their_places():
    """The way through comes first: look around, ingest, check; not the alphabet's order."""
    places = [c.place for c in COMMANDS.all().values()]
    assert len(set(places)) == len(places)
    listed = re.findall(r"^    (\w+)(?:  |$)", parser().format_help(), re.M)
    assert set(listed) == set(COMMANDS.all())
    way = ["demo", "ingest", "check", "alerts"]
    assert [c for c in listed if c in way] == way


def test_help_loads_nothing_heavy():
    code = "import sys, metrics.cli; metrics.cli.parser(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "numpy", "duckdb", "scipy", "pyarrow", "wordllama"} & set(done.stdout.split())


def test_sample_data_is_what_the_readme_of_it_says():
    frames = {name: pd.read_parquet(demo.folder() / f"{name}.parquet") for name in demo.LINEAGES}
    for frame in frames.values():
        assert frame["cycle"].nunique() >= 14
        assert (frame.groupby("cycle")["example_id"].nunique() >= 600).all()
        assert frame.groupby("cycle")["weight"].mean().round(6).eq(1).all()
    size = sum(f.stat().st_size for f in Path(demo.folder()).rglob("*.parquet"))
    assert size < 15e6


def test_a_table_is_read_from_the_left_and_its_numbers_from_the_right(capsys):
    """A message of 600 characters would else push every shorter one out of sight."""
    print_table(pd.DataFrame({"message": ["short", "a longer one"], "n": [5, 1200]}))
    assert capsys.readouterr().out == "message          n\nshort            5\na longer one  1200\n"
