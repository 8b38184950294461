"""Choosing a baseline: first cycles, a set, a control lineage, human texts; and accepting what was lost."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from metrics import cli, pipeline
from metrics.baselines import REFERENCE, Choice
from metrics.core import FEWEST_BASELINE, TailwatchError
from metrics.store import Store
from tests import planted
from tests.test_aggregates import fall, series

REPO = Path(__file__).parent.parent
VOTERS = ("distinct_1", "distinct_2", "coverage")
ALARMS = ("narrowing", "collapse")


def falling(onset: int = 7, count: int = 12, by: float = 0.15, **facts: Any) -> pd.DataFrame:
    """Values measured elsewhere: three voters fall at the onset; mean score never moves."""
    moves = dict.fromkeys(VOTERS, fall(onset, by, count)) | {"mean_score": [0.0] * count}
    return series(moves).assign(**facts)


@pytest.fixture(scope="module")
def fallen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(tmp_path_factory.mktemp("fallen") / "s.duckdb")
    pipeline.ingest(store, [falling()])
    return store.path


@pytest.fixture
def store(fallen: Path, tmp_path: Path) -> Store:
    """A copy of one lineage that narrows from cycle 7 on, and has not been told otherwise."""
    return Store(shutil.copy(fallen, tmp_path / "s.duckdb"))


def statuses(store: Store, lineage: str = "L") -> list[str]:
    return [v.status for v in store.verdicts(lineage)]


def states(store: Store) -> list[str]:
    return store.alerts("L")["state"].tolist()


def bring(store: Store, cycles: Sequence[int], by: float = 0.15) -> None:
    """More cycles of the same kind."""
    rows = falling(count=max(cycles) + 1, by=by)
    pipeline.ingest(store, [rows[rows["cycle"].isin(cycles)]])


def refused(store: Store, **choice: Any) -> str:
    with pytest.raises(TailwatchError) as error:
        pipeline.choose_baseline(store, "L", **choice)
    return str(error.value)


# Choosing


def test_more_first_cycles_take_longer_to_learn(store):
    for count in (6, 4, 3):
        pipeline.choose_baseline(store, "L", first=count)
        said = statuses(store)
        assert said[:count] == ["learning"] * count
        assert said[count + 1] != "learning"
        assert said[-1] in ALARMS


def test_what_cannot_be_chosen_is_said_in_a_sentence(store):
    assert "made of 3 to 100 first cycles; got 2." in refused(store, first=2)
    assert "A baseline needs 3 cycles, to tell what retraining alone moves; 1 was given." in refused(
        store, cycles=[1, 1]
    )
    assert refused(store, cycles=[1, 2, 77]).startswith("Lineage 'L' has no cycle 77; it has 0, 1, 2")
    assert "the store has no other" in refused(store, like="nobody")
    assert "cannot be its own control" in refused(store, like="L")
    assert "has no human reference" in refused(store, reference=True)
    assert "Choose one baseline" in refused(store, first=4, reference=True)
    assert store.baseline_history("L").empty


def test_cycles_that_cannot_be_compared_are_no_baseline(store):
    odd = falling(count=13).query("cycle == 12").assign(decoding="t=1")
    pipeline.ingest(store, [falling(count=14).query("cycle == 13").assign(decoding="t=0"), odd])
    why = refused(store, cycles=[2, 12, 13])
    assert why.startswith(
        "Cycles 2, 12, 13 are no baseline together: of cycle 13, its decoding is t=0, that of"
    )


def test_every_choice_is_kept_with_its_note(store):
    pipeline.choose_baseline(store, "L", cycles=[1, 2, 3], note=" the first\nwas odd ")
    pipeline.choose_baseline(store, "L", first=5)
    kept = store.baseline_history("L")
    assert [Choice.parse(spec).words for spec in kept["baseline"]] == [
        "the first five cycles",
        "cycles 1 to 3",
    ]
    assert [Choice.parse(spec).words for spec in kept["instead"]] == [
        "cycles 1 to 3",
        "the first four cycles",
    ]
    assert kept["note"].tolist() == ["", "the first was odd"]


# Accepting


def test_accepting_takes_a_note(store):
    assert statuses(store)[-1] in ALARMS
    why = refused(store, cycles=[8, 9, 10, 11], note=" ")
    assert why.startswith("An alert stands:")
    assert "since cycle 7. With cycles 8 to 11 as the baseline, what was lost until then is accepted" in why
    assert "open" in states(store)
    pipeline.choose_baseline(store, "L", cycles=[0, 1, 2, 3])
    assert "open" in states(store)
    assert "accepted" not in states(store), "an earlier baseline accepts nothing"


def test_accepting_closes_the_alert_and_keeps_what_was_said(store):
    """Cycles 0 to 7 stay judged as they were; 8 to 11 are the baseline; 12 and 13 are like them: healthy."""
    before, raised = statuses(store), store.alerts("L").query("state == 'open'").iloc[0]
    pipeline.choose_baseline(store, "L", cycles=[8, 9, 10, 11], note="new product line")
    assert statuses(store) == [*before[:8], *["learning"] * 4]
    bring(store, [12, 13])
    assert statuses(store)[-2:] == ["learning", "healthy"]
    said = pipeline.check(store, "L")
    assert (said["alerts"], said["last_healthy_cycle"]) == ([], 13)
    mine = store.alerts("L").set_index("id").loc[raised["id"]]
    assert (mine["state"], mine["accepted_note"], mine["last_cycle"]) == ("accepted", "new product line", 11)
    assert pd.isna(mine["resolved_cycle"])
    assert "open" not in states(store)
    events = store.alert_log("L").query("alert == @raised.id")["event"].tolist()
    assert events[-1] == "accepted"
    assert not any("withdrawn" in event or event == "resolved" for event in events)


def test_a_fall_from_an_accepted_baseline_is_a_new_alert(store):
    pipeline.choose_baseline(store, "L", cycles=[8, 9, 10, 11], note="new product line")
    bring(store, [12, 13, 14, 15], by=0.3)
    assert statuses(store)[-1] in ALARMS
    assert {"accepted", "open"} <= set(states(store))
    assert store.alerts("L").query("state == 'open'")["since_cycle"].min() >= 12


def test_what_was_accepted_is_open_again_where_the_old_baseline_comes_back(store):
    raised = store.alerts("L")[["id", "state"]].values.tolist()
    pipeline.choose_baseline(store, "L", cycles=[8, 9, 10, 11], note="new product line")
    log = store.alert_log("L")
    pipeline.choose_baseline(store, "L", first=4, note="it was not")
    assert store.alerts("L")[["id", "state"]].values.tolist() == raised
    assert store.alert_log("L")["event"].tolist()[: len(log)] == log["event"].tolist()
    assert "accepted no longer" in store.alert_log("L")["event"].tolist()


def test_a_second_acceptance_leaves_the_first_as_it_was(store):
    pipeline.choose_baseline(store, "L", cycles=[8, 9, 10, 11], note="one")
    bring(store, range(12, 16), by=0.3)
    pipeline.choose_baseline(store, "L", cycles=[13, 14, 15], note="two")
    notes = store.alerts("L").groupby("accepted_cycle")["accepted_note"].unique().map(list).to_dict()
    assert notes == {8: ["one"], 13: ["two"]}


# A control lineage


@pytest.fixture(scope="module")
def three(fallen: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(shutil.copy(fallen, tmp_path_factory.mktemp("three") / "s.duckdb"))
    pipeline.ingest(store, [falling(onset=12, lineage="control"), falling(onset=0, lineage="narrow")])
    return store.path


@pytest.fixture
def beside(three: Path, tmp_path: Path) -> Store:
    """A healthy control too, and a lineage that is narrower than it from its first cycle on."""
    return Store(shutil.copy(three, tmp_path / "s.duckdb"))


def test_a_lineage_that_began_narrow_shows_beside_a_control(beside):
    """By its own first cycles nothing ever happened to it; a control tells at the second cycle."""
    assert set(statuses(beside, "narrow")) == {"learning", "healthy"}
    pipeline.choose_baseline(beside, "narrow", like="control")
    assert statuses(beside, "narrow")[0] == "learning"
    assert statuses(beside, "narrow")[-1] in ALARMS
    assert [v.cycle for v in beside.verdicts("narrow")] == list(range(12))
    assert beside.values("narrow")["cycle"].min() == 0


def test_a_healthy_lineage_is_healthy_beside_a_control(beside):
    pipeline.choose_baseline(beside, "control", like="L")
    assert set(statuses(beside, "control")) == {"learning", "healthy"}


def test_a_control_that_changes_is_compared_with_anew(beside):
    """Its baseline cycles are replaced by others that are as narrow: there is nothing to see any more."""
    pipeline.choose_baseline(beside, "narrow", like="control")
    other = falling(onset=0, lineage="control").query("cycle < 4")
    pipeline.ingest(beside, [other], replace=True)
    assert set(statuses(beside, "narrow")) == {"learning", "healthy"}


def test_no_control_of_a_control(beside):
    pipeline.choose_baseline(beside, "control", like="narrow")
    assert "'control' cannot be a control: its own baseline is that of the lineage" in refused(
        beside, like="control"
    )


# Human texts


def outputs(cycles: Sequence[int], narrow: float = 0.0, **facts: Any) -> pd.DataFrame:
    frames = [pd.DataFrame(planted.columns(240, seed=20 + c, narrow=narrow)).assign(cycle=c) for c in cycles]
    return pd.concat(frames).drop(columns=["logprob", "finish_reason", "verified"]).assign(**facts)


@pytest.fixture(scope="module")
def human(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Eight cycles, the last four of which say the same thing two times in five, beside human texts."""
    store = Store(tmp_path_factory.mktemp("human") / "s.duckdb")
    texts = pd.DataFrame(planted.columns(600, seed=9))[["example_id", "output", "label", "embedding"]]
    pipeline.ingest(store, [outputs(range(4), lineage="H"), outputs(range(4, 8), narrow=0.4, lineage="H")])
    pipeline.reference(store, [texts], lineage="H")
    pipeline.choose_baseline(store, "H", reference=True)
    return store


def test_human_texts_give_the_baseline_where_they_can(human):
    """Diversity and coverage; not the score nor recall, which nobody has of them."""
    past = pipeline.history(human, "H", slice=None)
    first = {name: t.baselines[0] for (name, _), t in past.trends.items()}
    assert {s.baseline for s in past.standings} == {(REFERENCE,)}
    assert [len(first[n]) for n in ("distinct_2", "dispersion")] == [FEWEST_BASELINE] * 2
    for name in ("distinct_2", "dispersion", "prediction_entropy", "coverage"):
        assert first[name][0].status == "ok"
        now = past.trends[name, None].values[0]
        assert first[name][0].value == pytest.approx(now.value, rel=0.12), (
            "people and model are of one source"
        )
    for name in ("mean_score", "tail_recall", "drift_js_words"):
        assert first[name][0].status != "ok"
        assert first[name][0].note
    assert human.values("H")["cycle"].min() == 0


def test_a_lineage_is_judged_by_human_texts_once_its_noise_is_known(human):
    assert statuses(human, "H")[:5] == ["learning"] * 5
    assert "which human texts do not say: four cycles do." in human.verdicts("H")[2].message
    # A fall right after so few cycles is part of what is learned of noise at first.
    assert statuses(human, "H")[7] in ALARMS
    assert pipeline.check(human, "H")["quality"]["status"] == "unknown"


def test_the_reference_covers_itself(human):
    """One half beside the other: about 1, as the same source reaches; beside itself it would be 1.2."""
    past = pipeline.history(human, "H", metric="coverage", slice=None)
    value = past.trends["coverage", None].baselines[0][0]
    assert value.value == pytest.approx(1.0, abs=0.1)


# The command line


def run(capsys: pytest.CaptureFixture[str], store: Store, *words: str) -> tuple[int, str, str]:
    code = cli.main(["baseline", "--db", str(store.path), "--lineage", "L", *words])
    done = capsys.readouterr()
    return code, done.out, done.err


def test_the_command_chooses_and_shows(store, capsys):
    assert run(capsys, store, "--cycles", "8-11")[0] == 2
    assert run(capsys, store, "--cycles", "8-11", "--note", "accepted: new product line")[0] == 0
    for words in ((), ("--history",)):
        code, out, err = run(capsys, store, *words)
        assert (code, err) == (0, "The baseline of 'L' is cycles 8 to 11.\n")
        assert "the first four cycles" in out
        assert "from cycle 8  accepted: new product line" in out
    assert run(capsys, store, "--note", "why")[0] == 2
    with pytest.raises(SystemExit):
        run(capsys, store, "--cycles", "0-3", "--reference")


# Older stores


def test_an_older_store_opens_with_its_baseline_and_alerts(store, tmp_path):
    """What was pinned as a bare list is a chosen set; what was judged is there; traits are made up for."""
    pipeline.ingest(store, [outputs([0], lineage="H")])
    path = tmp_path / "old.duckdb"
    scripts = sorted((REPO / "metrics/store/migrations").glob("*.sql"))
    before = next(i for i, s in enumerate(scripts) if s.stem.endswith("baselines"))
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE schema_version (version INTEGER, applied_at TIMESTAMP)")
        for script in scripts[:before]:
            con.execute(script.read_text())
            con.execute("INSERT INTO schema_version VALUES (?, now()::TIMESTAMP)", [int(script.stem[:4])])
        con.execute("ATTACH ? AS new", [str(store.path)])
        for table in ("lineages", "cycles", "outputs", "aggregates", "verdicts", "alerts", "standings"):
            rows = con.table(f"new.{table}")
            rows.select(*con.table(table).columns).insert_into(table)
        con.execute("UPDATE lineages SET baseline = '[1, 2, 3]' WHERE lineage = 'L'")
        con.execute("INSERT INTO baseline_history VALUES ('L', now()::TIMESTAMP, '[1, 2, 3]', 'why')")
    old = Store(path)
    assert old.choice("L").words == "cycles 1 to 3"
    assert [Choice.parse(s).words for s in old.baseline_history("L")["baseline"]] == ["cycles 1 to 3"]
    assert old.alerts("L")["id"].tolist() == store.alerts("L")["id"].tolist()
    assert "open" in states(old)
    assert old.verdicts("L") == store.verdicts("L")
    assert old.conditions("H")[0].traits == store.conditions("H")[0].traits
    assert old.conditions("H")[0].traits.samples == 1
    bring(old, [12])
    assert {s.baseline for s in old.standings("L")} == {(1, 2, 3)}


def test_traits_that_know_nothing_of_length_are_made_again(store):
    """As a store of the schema before wrote them down."""
    before = [c.traits for c in store.conditions("L")]
    with store.writing() as con:
        con.execute("DELETE FROM schema_version WHERE version > 5")
        con.execute("UPDATE traits SET facts = '{\"samples\": 7}'")
    assert [c.traits for c in Store(store.path).conditions("L")] == before


def test_deleting_a_chosen_cycle_leaves_nothing_to_compare_with(store):
    pipeline.choose_baseline(store, "L", cycles=[1, 2, 3])
    store.delete_cycle("L", 2)
    pipeline.refresh(store)
    assert set(statuses(store)) == {"learning"}
    assert store.standings("L")[-1].baseline == (1, 3)
