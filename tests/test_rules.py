"""Users' rules from end to end: tried, kept, changed and deleted, by hand and from the command line."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from metrics import pipeline, ruling, stats, trials
from metrics.cli import main
from metrics.core import TailwatchError
from metrics.human import matched
from metrics.store import Store
from tests import planted, telling

FALLS = 8


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lineage whose values fall by a fifth at cycle 8 of 11, and one whose do not."""
    path = tmp_path_factory.mktemp("rules") / "s.duckdb"
    pipeline.ingest(Store(path), [planted.stated(11, FALLS), planted.stated(11, lineage="M")])
    return path


@pytest.fixture
def store(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(trials, "SERIES", 20)
    path = tmp_path / "s.duckdb"
    path.write_bytes(made.read_bytes())
    return Store(path)


BELOW = {"watches": "distinct_1", "comparator": "below", "line": 90.0, "statistic": "pct_baseline"}


def add(store: Store, lineage: str | None = "L", **given: Any) -> str:
    rule = ruling.kept(store, ruling.drafted(store, lineage, {**BELOW, **given}))
    pipeline.refresh(store)
    return rule.id


def alerts(store: Store, lineage: str = "L") -> list[tuple[str, int]]:
    found = store.alerts(lineage)
    found = found[found["rule"].str.startswith("threshold")]
    return sorted(zip(found["rule"], found["first_cycle"].astype(int), strict=True))


def test_a_rule_that_is_changed_keeps_its_id_and_what_was_said(store: Store):
    name = add(store)
    assert alerts(store) == [(f"threshold:{name}", FALLS)]
    draft = ruling.drafted(store, None, {"line": 70.0, "severity": "collapse"}, name)
    ruling.kept(store, draft)
    pipeline.refresh(store)
    (rule,) = store.rules("L")
    assert (rule.id, rule.options["line"], rule.options["severity"]) == (name, 70.0, "collapse")
    assert rule.options["statistic"] == "pct_baseline"
    assert alerts(store) == []
    events = store.alert_log("L")["event"].tolist()
    assert "raised: watch" in events
    assert events[-1] == "withdrawn after a recomputation"
    log = store.rule_log(name)
    assert log["event"].tolist() == ["made", "changed"]
    assert [json.loads(o)["line"] for o in log["options"]] == [90.0, 70.0]


def test_a_draft_that_is_not_kept_changes_nothing(store: Store):
    revision = store.revision()
    draft = ruling.drafted(store, "L", BELOW)
    assert trials.tried(store, "L", draft.options).fired == (8, 9, 10)
    assert (store.rules(), store.revision()) == ([], revision)


def test_the_same_rule_twice_is_one_whatever_its_id_was_made_from(store: Store):
    """A changed rule keeps the id of what it was, which a new rule of those terms must not take over."""
    first = add(store)
    assert add(store) == first
    ruling.kept(store, ruling.drafted(store, None, {"line": 70.0}, first))
    again = add(store)
    assert again != first
    assert add(store, line=70.0) == first
    with pytest.raises(TailwatchError, match=f"Rule '{again}' says just this already"):
        ruling.kept(store, ruling.drafted(store, None, {"line": 90.0}, first))


def test_a_rule_for_every_lineage_is_tried_on_each(store: Store):
    name = add(store, None)
    found = ruling.rows(store, store.rules(), None, lambda share, what: None)
    assert [(r["id"], r["lineage"], r["tried_on"], r["fired_at"]) for r in found] == [
        (name, "all", "L", [8, 9, 10]),
        (name, "all", "M", []),
    ]
    assert alerts(store, "M") == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"watches": "distinct_11"}, r"There is no metric 'distinct_11'. Is it distinct_1 or distinct_2 or"),
        ({"watches": "zzz"}, "There is no 'zzz' among the metrics. There are class_coverage"),
        ({"watches": "tail"}, "'tail' is no metric but a family, and a family has only an index"),
        ({"statistic": "index"}, "The index is of voters, diversity, tail, coverage; got 'distinct_1'"),
        ({"slice": "language=fr"}, "There is no slice 'language=fr'; it has language=de"),
        ({"statistic": "value"}, "Distinct-1 lies between 0 and 1; your line comes to 90"),
        ({"line": float("nan")}, "A rule's line is a finite number; got nan"),
        ({"line": 500.0}, "Distinct-1 lies between 0 and 1; your line comes to 2.5"),
        ({"statistic": "pct_previous", "line": 0.0}, "Below 0 this rule never fires: 'pct_previous' is 0 or"),
        ({"watches": "tail", "statistic": "index", "line": -2.0}, "Below -2 this rule never fires: 'index'"),
    ],
)  # fmt: skip
def test_a_rule_that_can_come_to_nothing_is_not_kept(store: Store, given: dict[str, Any], sentence: str):
    with pytest.raises(TailwatchError, match=sentence):
        add(store, **given)


def test_what_may_be_below_0_may_have_a_line_there(store: Store):
    given = {**BELOW, "watches": "mean_score", "statistic": "pct_previous", "line": -5.0}
    assert ruling.drafted(store, "L", given).options["line"] == -5.0


def test_very_long_slices_are_named_in_short(tmp_path: Path):
    long = planted.stated(5).assign(slice="u=" + "x" * 90)
    store = Store(tmp_path / "s.duckdb")
    pipeline.ingest(store, [long])
    with pytest.raises(TailwatchError, match=f"There is no slice 'language=fr'; it has u={'x' * 38}[.]"):
        add(store, slice="language=fr")


def test_a_name_means_a_metric_or_a_family_as_the_statistic_asks(store: Store):
    options = {**BELOW, "watches": "coverage", "line": 2.0}
    assert ruling.drafted(store, "L", {**options, "statistic": "z"}).options["metric"] == "coverage"
    assert ruling.drafted(store, "L", {**options, "statistic": "index"}).options["family"] == "coverage"


@pytest.fixture
def human(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A lineage whose last cycle says exactly what the pinned reference does, the others much the same."""
    monkeypatch.setattr(trials, "SERIES", 20)
    found, store = telling.rows(cycles=5), Store(tmp_path / "human.duckdb")
    last = found[found["cycle"] == 4].drop(columns=["lineage", "cycle", "prediction", "score"])
    pipeline.reference(store, [last], lineage="L")
    pipeline.ingest(store, [found])
    return store


def test_a_rule_against_the_human_reference(human: Store):
    """Of the texts of cycle 4 themselves, all but a few of which are measured, cycle 4 has about 100 %."""
    (found,) = pipeline.history(human, "L", metric="distinct_1", slice=None).trends.values()
    pct = 100 * (found.values[4].value or 0) / (found.references[4].value or 0)
    assert pct == pytest.approx(100, abs=3)
    given = {"watches": "distinct_1", "statistic": "pct_reference", "comparator": "below"}
    fired = [trials.tried(human, "L", ruling.drafted(human, "L", {**given, "line": x}).options).fired
             for x in (pct - 0.1, pct + 0.1)]  # fmt: skip
    assert fired == [(), (4,)]
    scored = ruling.drafted(human, "L", {**given, "watches": "mean_score", "line": 90})
    says = trials.tried(human, "L", scored.options).in_words()
    assert "cannot be told: The human reference has no value of it: " in says
    with human.writing() as con:
        con.execute("DELETE FROM metric_values WHERE cycle < 0")
    assert pipeline.refresh(human) == ["L"]
    assert [*pipeline.history(human, "L", metric="distinct_1", slice=None).trends.values()] == [found]


def test_without_a_pinned_reference_there_is_nothing_to_hold_it_against(store: Store):
    for lineage, where in (("L", "'L' has none"), (None, "no lineage has one")):
        with pytest.raises(TailwatchError, match=f"held against the pinned human reference, and {where}"):
            add(store, lineage, statistic="pct_reference")


def test_as_many_human_texts_as_outputs_whatever_group_is_left_out():
    """For a comparison size of 90, 100 of 1,000 texts: 5 of each of the 20 groups."""
    texts = pd.DataFrame({"example_id": [f"h{i}" for i in range(1000)]})
    kept = matched(texts, 90)
    assert np.bincount(stats.groups(kept["example_id"]), minlength=20).tolist() == [5] * 20
    assert set(matched(texts[::-1].reset_index(drop=True), 90)["example_id"]) == set(kept["example_id"])
    assert len(matched(texts.head(50), 90)) == 50


def told(capsys: pytest.CaptureFixture[str], store: Store, *words: object) -> tuple[int, str, str]:
    code = main(["rules", "--db", str(store.path), *map(str, words)])
    return code, *capsys.readouterr()


def by_hand(*more: object) -> Sequence[object]:
    return ("--lineage", "L", "--add", "distinct_1", "--statistic", "pct_baseline", "--below", 90, *more)


def test_a_dry_run_says_what_a_rule_would_do_and_keeps_nothing(store: Store, capsys):
    code, out, err = told(capsys, store, *by_hand("--dry-run"))
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "Not kept: Watch when Distinct-1 is below 90 % of its baseline.",
        "  L: On this lineage's own noise it would cry wolf in 0 % (0 to 16 %) of healthy 20-cycle series;"
        " on the 11 cycles so far it would have fired at 8 to 10.",
    ]
    assert store.rules() == []


def test_rules_are_added_listed_changed_and_deleted_by_the_command_line(store: Store, capsys):
    code, out, err = told(capsys, store, *by_hand("--slice", "language=de"))
    (rule,) = store.rules()
    assert code == 0
    assert f"Rule {rule.id}: Watch when Distinct-1 of language=de is below 90 %" in err
    head, row = out.splitlines()
    assert {
        "statistic",
        "comparator",
        "line",
        "for_cycles",
        "severity",
        "evidence",
        "cries_wolf",
        "fired_at",
    } < {*head.split()}
    assert "0 % (0 to 16 %)" in row
    tried = told(capsys, store, "--edit", rule.id, "--below", 70, "--dry-run")[1]
    assert tried.startswith(f"Not kept, rule {rule.id} stays as it is: Watch when Distinct-1")
    assert store.rules() == [rule]
    assert told(capsys, store, "--edit", rule.id, "--whole", "--below", 75, "--for-cycles", 3)[0] == 0
    code, out, _ = told(capsys, store, "--format", "json")
    (found,) = json.loads(out)
    assert (found["id"], found["slice"], found["line"], found["for_cycles"]) == (rule.id, None, 75.0, 3)
    assert (found["false_alarms"], found["fired_at"], found["cycles"]) == (0.0, [], 11)
    (cells,) = csv.DictReader(io.StringIO(told(capsys, store, "--format", "csv")[1]))
    assert (cells["id"], cells["fired_at"], cells["family"]) == (rule.id, "", "")
    assert told(capsys, store, "--delete", rule.id)[:2] == (0, "Nothing yet.\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--add", "distinct_1"), "A rule needs a line: give it with --below X or --above X."),
        (("--below", 1), "That belongs to a rule: name it with --add METRIC or --edit ID."),
        (("--dry-run",), "That belongs to a rule"),
        (("--add", "distinct_1", "--below", 1, "--metric", "rke"), "--metric goes with --edit ID."),
        (("--add", "distinct_1", "--below", "nan"), "A rule's line is a finite number; got nan."),
        (("--edit", "nope", "--below", 1), "There is no rule 'nope'."),
        (("--delete", "nope"), "There is no rule 'nope'."),
        (("--add", "", "--below", 1), "A rule needs a metric to watch; none is named."),
        (("--edit", "", "--below", 1), "There is no rule ''."),
        (("--delete", ""), "There is no rule ''."),
        (("--lineage", "N"), "There is no lineage 'N' in the store; it has L, M."),
    ],
)
def test_mistakes_get_one_sentence(store: Store, capsys, words: Sequence[object], sentence: str):
    code, out, err = told(capsys, store, *words)
    assert (code, out) == (2, "")
    assert sentence in err
    assert store.rules() == []


def test_a_rule_of_another_lineage_is_not_changed_by_mistake(store: Store, capsys):
    name = add(store)
    for words in (("--edit", name, "--below", 80), ("--delete", name)):
        code, _, err = told(capsys, store, "--lineage", "M", *words)
        assert code == 2
        assert f"Rule '{name}' is one of lineage 'L', not of 'M'." in err
    assert [r.id for r in store.rules()] == [name]


def test_a_rule_that_cannot_be_tried_is_not_kept(store: Store, capsys, monkeypatch):
    monkeypatch.setattr(trials, "tried", lambda *_: 1 / 0)
    code, _, err = told(capsys, store, *by_hand())
    assert (code, "ZeroDivisionError" in err) == (2, True)
    assert store.rules() == []


def test_another_lineage_that_cannot_be_judged_does_not_stand_in_the_way(store: Store, capsys, monkeypatch):
    judge = pipeline.judge
    monkeypatch.setattr(pipeline, "judge", lambda s, name, at: 1 / (name == "L") and judge(s, name, at))
    store.add_rule("M", "threshold", {"metric": "distinct_1", "comparator": "below", "line": 0.1})
    assert told(capsys, store, *by_hand())[0] == 0
    assert told(capsys, store)[0] == 2


def test_a_spreadsheet_without_rules_has_its_head(store: Store, capsys):
    empty = told(capsys, store, "--format", "csv")[1]
    add(store)
    assert empty == told(capsys, store, "--format", "csv")[1].splitlines(keepends=True)[0]


def test_the_help_teaches(capsys):
    with pytest.raises(SystemExit):
        main(["rules", "--help"])
    out = capsys.readouterr().out
    assert "examples:" in out
    assert "--statistic index --above" in out
    assert "above is worse" in out
    assert all(
        f"  {name} " in out
        for name in ("value", "pct_baseline", "pct_previous", "pct_reference", "slope", "z", "index")
    )
