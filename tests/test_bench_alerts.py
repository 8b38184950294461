"""The report on the early warning: what is planned, what is done again and what not, what is written."""

import functools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from metrics import lead_time, panel, runs
from metrics.core import Status, TailwatchError
from metrics.lead_time import EARLIER, FACTS, OURS, ROWS, SEALED, STARTING, Fact, Pair, Row, Study
from metrics.lead_verdict import unsealed, verdict
from tests.benchmarks.lead_time import __main__ as command
from tests.benchmarks.lead_time import equal, kept, making, plan, provenance, readme, report, series, table
from tests.benchmarks.lead_time.contenders import CONTENDERS, Series
from tests.benchmarks.lead_time.outcomes import Outcome, outcome
from tests.benchmarks.lead_time.plan import Cell
from tests.benchmarks.lead_time.regimes import REGIMES
from tests.benchmarks.lead_time.report import Places
from tests.benchmarks.lead_time.settings import SETTINGS
from tests.benchmarks.lead_time.worlds import WORLDS
from tests.test_contenders import fall

REPO = Path(__file__).parent.parent
REAL = CONTENDERS.all()


def content(series: Series) -> list[Status]:
    return ["learning"] * 5 + ["healthy"] * 15


# Quick ones under the names that the tables are made of.
FEW = {
    "any_metric_drop": REAL["any_metric_drop"],
    "oracle": REAL["oracle"],
    OURS: replace(REAL["mean_score_drop"], name=OURS, label="Tailwatch", statuses=content),
    STARTING: replace(REAL["three_sigma"], name=STARTING),
}
planted_fall = functools.cache(fall)
SLOW = Cell("standard", "synopses", "standard", "slow", 2)
CELLS = [Cell("standard", "synopses", "standard", "healthy", 2), SLOW]


# The plan


def test_the_plan_is_what_was_asked_for():
    """What the issue asks for or more: 600 healthy, 60 of each narrowing, 100 benign, 200 in each setting."""
    planned = {(c.world, c.setting, c.regime): c.series for c in plan.cells(WORLDS)}
    narrowing = [r for r in REGIMES if REGIMES[r].narrows]
    benign = [r for r in REGIMES if not REGIMES[r].narrows and r != "healthy"]
    expected = {}
    for world in WORLDS:
        expected |= {(world, "standard", "healthy"): 600}
        expected |= {(world, "standard", regime): 60 for regime in narrowing}
        expected |= {(world, "standard", regime): 100 for regime in benign}
    others = [name for name in SETTINGS if name != "standard"]
    expected |= {("synopses", name, "healthy"): 200 for name in others}
    expected |= {("synopses", "half_tail", regime): 60 for regime in ("slow", "accumulate")}
    assert planned == expected
    assert len(narrowing) == 10
    assert len(benign) == 5
    assert len(others) == 9


def test_a_part_of_the_plan():
    assert {c.regime for c in plan.cells(["neural"], ["benign"])} == set(lead_time.BENIGN)
    assert plan.cells(["neural"], ["settings"]) == []
    assert {c.series for c in plan.cells(["synopses"], most=3)} == {3}


def test_no_seed_is_both_for_choosing_and_for_reporting():
    assert (plan.TUNING.stop, plan.REPORTING.start) == (30_000, 30_000)
    assert plan.UNSEALED.start >= plan.REPORTING.stop
    assert not set(plan.TUNING) & set(plan.REPORTING)
    for cell in plan.cells(WORLDS):
        assert len(cell.seeds) == cell.series
        assert set(cell.seeds) <= set(plan.UNSEALED if cell.world == SEALED else plan.REPORTING)


@pytest.mark.parametrize(
    "words",
    [
        "--world synopses --seeds 29999:30001",
        "--world synopses --seeds 30000:30002",
        "--world synopses sealed",
    ],
)
def test_what_is_for_choosing_looks_at_no_reported_series(words: str, monkeypatch: pytest.MonkeyPatch):
    arguments = ["lead_time", "compare", *words.split(), "--setting", "standard", "--regime", "healthy"]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit, match="Only tuning seeds are compared"):
        command.main()


# What is done, and what is not done again


@contextmanager
def threads(jobs: int) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as own:
        yield own


@pytest.fixture(autouse=True)
def faked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Few contenders, and series that cost nothing: a file for each; what is made is in the list."""
    made: list[Path] = []

    def path(world, setting, regime, seed, folder):
        return folder / world / setting.name / regime.name / f"{seed}.npz"

    def write(*about):
        made.append(path(*about))
        made[-1].parent.mkdir(parents=True, exist_ok=True)
        made[-1].touch()

    def read(world, setting, regime, seed, folder):
        own = planted_fall(12.0 if regime.narrows else 0.0, seed)
        return replace(own, world=world, setting=setting.name, regime=regime.name, seed=seed)

    monkeypatch.setattr(making, "pool", threads)
    monkeypatch.setattr(making.worlds, "encoder", lambda world: None)
    monkeypatch.setattr(series, "write", write)
    monkeypatch.setattr(series, "read", read)
    monkeypatch.setattr(series, "is_there", lambda *about: path(*about).exists())
    monkeypatch.setattr(CONTENDERS, "_found", FEW)
    # Those of the quick ones are not those of the real ones.
    monkeypatch.setattr(provenance, "contender", functools.cache(provenance.contender.__wrapped__))
    return made


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A checkout without tables."""
    (tmp_path / "metrics").mkdir()
    (tmp_path / "README.md").write_text(f"Before.\n{readme.BEGIN}\nold\n{readme.END}\nAfter.\n")
    return Places(tmp_path / "bench", tmp_path)


def reported(places: Places, cells: list[Cell] = CELLS, **options: bool) -> Study:
    report.report(cells, places, 1, **{"unseal": False, "only_say": False, **options})
    return lead_time.read(places.tables)


def changed(monkeypatch: pytest.MonkeyPatch, name: str = OURS) -> None:
    """From now on one contender is another."""
    before = provenance.contender
    monkeypatch.setattr(provenance, "contender", lambda own: "changed" if own == name else before(own))


def test_what_is_there_is_not_done_again(places: Places, faked: list[Path], capsys):
    first = reported(places)
    assert len(faked) == len(set(faked)) == 4
    lines = {cell: kept.file(cell, places.series).read_text() for cell in CELLS}
    assert reported(places) == first
    assert len(faked) == 4
    assert {cell: kept.file(cell, places.series).read_text() for cell in CELLS} == lines


def test_it_goes_on_where_it_was_killed(places: Places, faked: list[Path]):
    """One series was not made, and of another's judgement only half a line was written."""
    whole = reported(places)
    gone = faked[-1]
    gone.unlink()
    path = kept.file(SLOW, places.series)
    path.write_text(path.read_text()[:-30])
    assert [list(kept.missing(cell, places.series)) for cell in CELLS] == [[], [30_001]]
    assert reported(places) == whole
    assert faked[4:] == [gone]


def test_a_changed_rule_judges_again_and_makes_nothing_again(
    places: Places, faked: list[Path], monkeypatch: pytest.MonkeyPatch
):
    reported(places)
    changed(monkeypatch)
    assert kept.missing(SLOW, places.series) == {30_000: [OURS], 30_001: [OURS]}
    assert len(kept.known(SLOW, places.series)) == 2 * (len(FEW) - 1)
    again = reported(places)
    assert len(faked) == 4
    assert again.told("rule") == {"synopses": "changed"}
    assert {r.series for r in again.rows} == {2}


def test_what_was_said_comes_back(places: Places):
    reported(places)
    found = kept.known(SLOW, places.series)
    for (seed, name), told in found.items():
        assert [told] == kept.judged(SLOW, seed, [name], places.series)


def test_a_series_made_in_another_way_is_judged_again(places: Places, monkeypatch: pytest.MonkeyPatch):
    reported(places)
    monkeypatch.setattr(series, "key", lambda *about: "another way")
    assert kept.known(SLOW, places.series) == {}


def test_the_estimate_comes_before_and_writes_no_table(places: Places, faked: list[Path], capsys):
    assert reported(places, only_say=True) == Study()
    said = capsys.readouterr().err
    assert "synopses, standard: 2 series" in said
    assert "judging: 4 series" in said
    assert "in 1 processes" in said
    assert len(faked) == making.TRIED


# Whose code it is


def test_the_code_of_ours_is_that_of_every_built_in_rule():
    """And of what they judge by; what measures is named by the series."""
    import metrics.rules.early_warning
    import metrics.rules.part_loss
    import metrics.rules.slice_narrowing

    rules = (metrics.rules.early_warning, metrics.rules.part_loss, metrics.rules.slice_narrowing)
    names = {m.__name__ for m in provenance.closure(list(rules))}
    assert {"metrics.panel", "metrics.runs", "metrics.noise", "metrics.narrowing", "metrics.stats"} < names
    below = {"comparability", "comparison", "embed", "store", "text", "traits"}
    assert not {f"metrics.{name}" for name in below} & names
    assert {m.__name__ for m in rules} <= names


def test_a_change_of_the_rule_is_none_of_the_series_or_of_others(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(CONTENDERS, "_found", REAL)

    def names() -> tuple[str, ...]:
        provenance.contender.cache_clear()
        series.key.cache_clear()
        made_by = series.key("synopses", SETTINGS["standard"], REGIMES["slow"])
        return provenance.contender(OURS), provenance.contender(STARTING), made_by

    before, code = names(), provenance.code
    monkeypatch.setattr(
        provenance,
        "code",
        lambda thing: "changed" if getattr(thing, "__name__", "") == "metrics.runs" else code(thing),
    )
    after = names()
    monkeypatch.setattr(provenance, "code", code)
    assert [a == b for a, b in zip(before, after, strict=True)] == [False, True, True]
    assert names() == before


def documented(x: int) -> int:
    """What it says does not matter."""
    return x + 1


def described(x: int) -> int:
    """Nor where it stands."""

    return x + 1  # nor this


def test_code_is_what_it_does():
    one, other = (provenance.code(f).replace(f.__name__, "f") for f in (documented, described))
    assert one == other
    assert provenance.code(test_code_is_what_it_does) != one


# The sealed world


def test_the_sealed_world_is_not_opened_by_accident(places: Places, faked: list[Path]):
    cells = plan.cells([SEALED], most=1)
    with pytest.raises(TailwatchError, match="opened once"):
        reported(places, cells)
    assert faked == []
    assert not (places.tables / FACTS).exists()


def test_the_command_refuses_the_sealed_world(places: Places, faked: list[Path], monkeypatch):
    arguments = ["lead_time", "report", "--world", SEALED, "--to", str(places.checkout)]
    monkeypatch.setattr("sys.argv", [*arguments, "--folder", str(places.series)])
    with pytest.raises(SystemExit, match="opened once"):
        command.main()
    assert faked == []


def test_the_sealed_table_names_the_rule_that_opened_it(places: Places, monkeypatch: pytest.MonkeyPatch):
    rule = provenance.contender(OURS)
    sealed = [replace(cell, world=SEALED) for cell in CELLS]
    reported(places)
    opened = reported(places, sealed, unseal=True)
    assert opened.worlds() == ["synopses", "sealed"]
    assert opened.told("opened") == {SEALED: rule}
    assert unsealed(opened, SEALED) == f"The world was opened when the thresholds of the rule {rule} stood."
    changed(monkeypatch)
    later = reported(places)
    assert [r for r in later.rows if r.world == SEALED] == [r for r in opened.rows if r.world == SEALED]
    assert [p for p in later.pairs if p.world == SEALED] == [p for p in opened.pairs if p.world == SEALED]
    assert later.told("rule") == {"synopses": "changed", SEALED: rule}
    assert "the rule has changed since" in unsealed(later, SEALED)
    assert "the rule has changed since" in (places.checkout / "README.md").read_text()
    again = reported(places, sealed, unseal=True)
    assert again.told("opened") == {SEALED: rule}
    assert again.told("alike") == {SEALED: "changed"}
    said = (
        f"The world was opened when the thresholds of the rule {rule} stood. The rule changed says the same"
    )
    assert unsealed(again, SEALED).startswith(said)
    assert reported(places, sealed, unseal=True) == again


def test_a_later_rule_that_judges_the_sealed_world_otherwise_is_said(
    places: Places, monkeypatch: pytest.MonkeyPatch
):
    """It never alarms; and once it has judged otherwise, its like is no witness for the rule before it."""
    sealed = [replace(cell, world=SEALED) for cell in CELLS]
    rule = reported(places, sealed, unseal=True).told("opened")[SEALED]
    changed(monkeypatch)
    found = kept.judged(sealed[1], 30_000, [OURS], places.series)
    assert any(o.alarms for o in found)
    monkeypatch.setattr(kept, "outcome", lambda *about: replace(outcome(*about), alarms=()))
    for _ in range(2):
        later = reported(places, sealed, unseal=True)
        assert later.told("alike") == {}
        assert later.told("opened") == {SEALED: rule}
        assert "of a later rule" in unsealed(later, SEALED)


def test_what_was_judged_of_the_sealed_world_is_not_shown_before_it_is_opened(places: Places):
    """As where somebody's outcomes lie about."""
    with threads(1) as own:
        making.work(replace(SLOW, world=SEALED), places.series, own)
    assert reported(places).worlds() == ["synopses"]
    assert unsealed(reported(places), SEALED) == ""


def test_what_the_first_opening_showed_stays_beside_the_second(places: Places):
    """With the rule that it was of, whatever is judged since."""
    reported(places, [replace(cell, world=SEALED) for cell in CELLS], unseal=True)
    for name in (FACTS, ROWS, lead_time.PAIRS):
        table = (places.tables / name).read_text()
        first = table.replace(f"{SEALED},", f"{EARLIER[0]},").replace(provenance.contender(OURS), "first")
        (places.tables / name).write_text(first)
    before = lead_time.read(places.tables)
    assert before.worlds() == [EARLIER[0]]
    both = reported(places, [replace(cell, world=SEALED) for cell in CELLS], unseal=True)
    assert both.worlds() == [SEALED, EARLIER[0]]
    assert [r for r in both.rows if r.world == EARLIER[0]] == list(before.rows)
    assert [p for p in both.pairs if p.world == EARLIER[0]] == list(before.pairs)
    assert both.told("rule")[EARLIER[0]] == both.told("opened")[EARLIER[0]] == "first"
    assert "the rule has changed since" in unsealed(both, EARLIER[0])
    again = unsealed(both, SEALED)
    assert again.startswith("The world was opened again when the thresholds of the rule")
    assert "what it showed before were known" in again
    # Of an earlier opening the README has what failed, and the app the tables.
    told = readme.block(both)
    assert told.count("| something narrows |") == 1
    assert f"**{EARLIER[0]}**" in told
    assert " ".join(told.split()).count(readme.THERE) == 1


# What is written


def test_the_tables_come_back_as_they_were_written(places: Places):
    reported(places)
    found = [o for cell in CELLS for o in kept.known(cell, places.series).values()]
    study = lead_time.read(places.tables)
    assert study.rows == tuple(table.rows(found))
    assert study.pairs == tuple(table.paired(found, OURS, STARTING))
    assert study.told("seeds") == {"tuning": "0:30000", "reporting": "30000:31000", SEALED: "60000:61000"}
    assert list(study.told("contender"))[:2] == [OURS, STARTING]
    assert study.told("metric")["tail_recall"].isdigit()
    assert study.told("rule") == {"synopses": provenance.contender(OURS)}
    assert lead_time.read(places.checkout) == Study()


def test_the_readme_is_kept_around_the_section(places: Places):
    study = reported(places)
    text = (places.checkout / "README.md").read_text()
    assert text == f"Before.\n{readme.BEGIN}\n{readme.block(study)}\n{readme.END}\nAfter.\n"
    (slow,) = [r for r in study.rows if (r.regime, r.contender) == ("slow", OURS)]
    shares = f"{slow.false_share:.0%}; {slow.detected_share:.0%};"
    assert f"| `slow`, human share falls by 6 points a cycle | 2 | 25% | {shares}" in text
    assert "| healthy series flagged | `synopses` |" in text
    assert all(f"\n| {each.label} | " in text for each in FEW.values())
    assert "Any metric -10 %: 0%; 100%;" in text


def test_the_readme_says_what_ships():
    """After another table was put in: `make bench-alerts`."""
    text = (REPO / "README.md").read_text(encoding="utf-8")
    _, _, rest = text.partition(f"{readme.BEGIN}\n")
    assert rest.partition(f"\n{readme.END}")[0] == readme.block(lead_time.study())


# In words


def row(**told: object) -> Row:
    """A row of a healthy series, of which nothing else is known."""
    names = Row.__dataclass_fields__
    plain = dict.fromkeys(names) | {"world": "w", "setting": "standard", "regime": "healthy", "series": 400}
    plain |= {"contender": OURS, "false_alarms": 0, "false_share": 0.0, "false_low": 0.0, "false_high": 0.01}
    return Row(**(plain | {"lead_series": 0, "alone": 0, "resolved_series": 0} | told))


def words(found: Row, pair: Pair | None = None, fails: bool = True) -> str:
    return " ".join(said.words for said in verdict(found, pair) if said.fails is fails)


@pytest.mark.parametrize(
    ("told", "fails", "else_"),
    [
        ({}, "", "5% or less are flagged."),
        ({"false_low": 0.051, "false_high": 0.1}, "Cries wolf: more than 5% are flagged.", ""),
        ({"false_high": 0.06}, "More than 5% cannot be excluded.", ""),
        ({"false_high": 0.06, "setting": "noisy"}, "", "More than 5% cannot be excluded."),
        (
            {"false_high": 0.13, "false_share": 0.08, "setting": "noisy"},
            "More than 5% are flagged, which may be chance.",
            "",
        ),
        ({"collapses": 2}, "Says collapse in 2.", "5% or less are flagged."),
        (
            {"settled": 0.9},
            "10.0% are in alarm as soon as they are judged, or never judged.",
            "5% or less are flagged.",
        ),
    ],
)
def test_what_is_said_where_nothing_narrows(told: dict, fails: str, else_: str):
    assert (words(row(**told)), words(row(**told), fails=False)) == (fails, else_)


@pytest.mark.parametrize(
    ("told", "fails", "else_"),
    [
        ({"lead_low": 0.2, "lead_high": 1.0}, "", "Ahead of mean score."),
        ({"lead_low": -0.2, "lead_high": 1.0}, "No lead is shown.", ""),
        ({"lead_low": -2.0, "lead_high": -0.1}, "Later than mean score.", ""),
        ({"alone": 50}, "", "Mean score says nothing."),
        ({"detected_share": 0.49}, "Misses most of it.", ""),
        ({"false_low": 0.06}, "Cries wolf before the onset.", ""),
        ({"let_go": 0.25}, "25% are called over while it goes on.", ""),
        ({"resolved": 0.75}, "25% are not over 4 cycles after human data came back.", ""),
    ],
)
def test_what_is_said_where_something_narrows(told: dict, fails: str, else_: str):
    own = row(**({"detected": 50, "detected_share": 0.9} | told))
    assert (words(own), words(own, fails=False)) == (fails, else_)


def test_where_ours_is_worse_than_the_starting_rule_it_is_said():
    plain = dict.fromkeys(Pair.__dataclass_fields__) | {"false_low": 0.0}
    pair = Pair(**(plain | {"detection_high": -0.01, "delay_low": 0.5, "lead_high": 0.0}))
    assert words(row(detected=1), pair) == "Against the starting rule it finds less and is later."
    assert words(row(detected=1), Pair(**plain)) == ""
    loud = Pair(**(plain | {"false_low": 0.01}))
    assert words(row(), loud) == "Against the starting rule it cries wolf more often."


def test_what_differs_beyond_chance_is_named():
    """A longer delay is worse, a longer lead better, and an interval about 0 is neither."""
    plain = dict.fromkeys(Pair.__dataclass_fields__) | {"detection_low": -0.1, "detection_high": 0.1}
    pair = Pair(**(plain | {"delay_low": 0.1, "delay_high": 0.3, "lead_low": 0.2, "lead_high": 0.4}))
    assert equal.differences(pair) == {"delay": "WORSE (+0.10 to +0.30)", "lead": "better (+0.20 to +0.40)"}
    counted = "Of 2: detection 0 better, 0 WORSE; delay 0 better, 2 WORSE; lead 2 better, 0 WORSE."
    assert equal.summary([pair, pair]) == counted


def test_false_alarms_at_equal_lines_are_counted_world_by_world():
    """Of what narrows none is counted; benign changes are counted apart from healthy series."""
    about = {"cycles": 20, "recovery": None, "score": (), "statuses": None}

    def said(world: str, regime: str, seed: int, *alarms: int, onset: int | None = None) -> Outcome:
        return Outcome((world, "standard", regime), seed, OURS, onset=onset, alarms=alarms, **about)

    found = [
        *(said("neural", "healthy", 1, 7, 8), said("neural", "healthy", 2), said("synopses", "healthy", 1)),
        *(said("neural", "longer", 1, 9), said("neural", "prompt_swap", 2, 9)),
        said("neural", "slow", 1, 2, onset=5),
    ]
    assert list(equal.false_alarms(found)) == [
        "neural, healthy, ours: 1 of 2",
        "synopses, healthy, ours: 0 of 1",
        "neural, benign, ours: 2 of 2",
    ]


def test_a_line_for_a_share_of_the_chance_lies_lower(monkeypatch: pytest.MonkeyPatch):
    """For the alarm of the whole and for that of a class alike."""
    for module in (runs, panel):
        monkeypatch.setattr(module, "rarer", module.rarer)
    retrained = np.zeros(3)
    before = runs.rarer(retrained)
    equal.stricter(0.5)
    assert panel.rarer(retrained) == pytest.approx(before / 2)
    assert runs.rarer(retrained) == pytest.approx(before / 2)


def test_the_best_rival_keeps_quiet_on_healthy_series():
    """One finds all and always alarms; of two that find 80 % the sooner; neither ours nor the oracle."""
    slow = {"regime": "slow", "detected": 48, "detected_share": 0.8}
    study = Study(
        (
            *(row(contender=name) for name in (OURS, "oracle", "cusum", "ewma")),
            row(contender="three_sigma", false_low=0.8),
            row(**(slow | {"contender": "three_sigma", "detected_share": 1.0})),
            *(row(**(slow | {"contender": name, "detected_share": 0.9})) for name in (OURS, "oracle")),
            row(**(slow | {"contender": "cusum", "median_delay": 4.0})),
            row(**(slow | {"contender": "ewma", "median_delay": 3.0})),
        )
    )
    assert study.rival(("w", "standard", "slow")).contender == "ewma"
    assert study.rival(("w", "standard", "healthy")) is None


def test_every_regime_and_setting_has_a_name():
    assert set(lead_time.REGIMES) == set(REGIMES)
    assert set(lead_time.SETTINGS) == set(SETTINGS)
    assert set(lead_time.WORLDS) == {*WORLDS, *EARLIER}
    assert {name for name in REGIMES if REGIMES[name].narrows} == set(lead_time.NARROWING)


def test_only_tables_that_ship_are_written(places: Places):
    reported(places)
    assert {path.name for path in places.tables.iterdir()} == {ROWS, lead_time.PAIRS, FACTS}
    assert "lead_time*.csv" in (REPO / "pyproject.toml").read_text()
    assert Fact("seeds", "tuning", "0:30000") in lead_time.read(places.tables).facts
