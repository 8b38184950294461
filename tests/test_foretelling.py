"""What an alarm's message says of the cycles to come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metrics import foresight
from metrics.core import Finding, History
from metrics.forecasting import Ahead, Forecast
from metrics.foretelling import about, foretold, in_words, sentence
from metrics.judging import judged
from metrics.lead_time import NARROWING
from metrics.store import Verdict
from tests import planted

FAN = (Ahead(8, 0.2, 0.3, 0.4),)
LOW = "be 20% below its baseline"


def falling() -> History:
    """Distinct-1 goes down by one and a half normal movements a cycle from 6 on; quality stays."""
    return planted.history({"distinct_1": [1.5 * max(0, c - 5) for c in range(16)]}, seed=2, count=16)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ((9, 12), f"Recall will {LOW} not before cycle 9, more likely than not by 12."),
        ((9, None), f"Recall will {LOW} not before cycle 9; by when cannot be bounded."),
        ((8, 12), f"Recall may {LOW} with the next cycle, more likely than not by 12."),
        ((8, 8), f"Recall will more likely than not {LOW} with the next cycle."),
        ((8, None), f"When recall will {LOW} cannot be bounded."),
    ],
)
def test_words(bounds: tuple[int, int | None], words: str):
    assert in_words("Recall", Forecast(FAN, 0.2, False, *bounds)) == words


def test_no_words_where_nothing_is_to_be_said():
    """Lost already; no loss that has a meaning; nothing known."""
    silent = (Forecast(FAN, 0.2, crossed=True), Forecast(FAN), None)
    assert [in_words("Recall", found) for found in silent] == ["", "", ""]


def test_alarms_are_foretold_and_nothing_else():
    """Every alarm's verdict and finding end with the same sentence, the others stay as they were."""
    past = falling()
    said = judged(past, [])
    told = foretold(past, said)
    assert {v.status for v in said} >= {"learning", "narrowing"}
    for before, after in zip(said, told, strict=True):
        alarm = before.status in ("narrowing", "collapse")
        words = sentence(past, before.cycle, ("distinct_1", "mean_score")) if alarm else ""
        assert bool(words) == alarm
        assert after.message == f"{before.message} {words}".strip()
        assert after.findings == tuple(
            (n, replace(f, message=f"{f.message} {words}".strip())) for n, f in before.findings
        )


def test_what_was_foretold_stays_as_later_cycles_come():
    past = falling()
    short = past.until(12)
    assert foretold(short, judged(short, [])) == foretold(past, judged(past, []))[:12]


def test_only_the_early_warnings_alarms_are_spoken_of():
    def verdict(rule: str, severity: str) -> Verdict:
        finding = Finding(severity, "distinct_1", None, 6, "")  # type: ignore[arg-type]
        return Verdict(7, severity, "steady", 6, None, "", ((rule, finding),))

    assert about(verdict("early_warning", "narrowing")) == ("distinct_1", "mean_score")
    assert about(verdict("early_warning", "watch")) == ()
    assert about(verdict("part_loss", "narrowing")) == ()


def test_the_sentence_names_its_cycle_and_both_metrics():
    said = sentence(falling(), 12, ("distinct_1", "mean_score"))
    assert said.startswith("If it goes on as up to cycle 12: Distinct-1")
    assert "mean score" in said.lower()
    assert sentence(falling(), 2, ("distinct_1", "mean_score")) == ""
    assert sentence(falling(), 12, ("not_measured",)) == ""


def test_the_table_that_ships_has_every_regime_of_its_worlds():
    rows = foresight.study()
    worlds = {r.world for r in rows}
    assert worlds
    assert {(r.world, r.regime) for r in rows} == {(w, r) for w in worlds for r in NARROWING}
    shares = [s for r in rows for s in (r.one, r.three, r.five, r.bound_held, r.came) if s is not None]
    assert all(0 <= s <= 1 for s in shares)
    assert all((r.bound_held is None) == (r.bounds == 0) for r in rows)
