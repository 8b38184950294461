"""What is said of a self-test and of who raised an alert."""

from typing import Any

import pandas as pd
import pytest

from dashboard.parts import acknowledging
from metrics import bell
from metrics.copies import ground
from metrics.store import Verdict
from tests import planted

UNTOUCHED = {"series": 4, "cycles": 7, "flagged": 0, "share": 0.0, "low": 0.0, "high": 0.5}
RESULT: dict[str, Any] = {
    "last_cycle": 7, "cycles": 6, "sources": [4, 6, 7], "injections": [], "impossible": [], "unseen": [],
    "untouched": {"simulated": UNTOUCHED, "recorded": UNTOUCHED},
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("early_warning", "early warning"),
        ("slice_narrowing", "narrowing of a slice"),
        ("part_loss", "loss of a class, a kind of output or a phrasing"),
        ("threshold:5f3a91c2", "your rule"),
    ],
)
def test_a_rule_is_called_by_its_own_name(rule: str, named: str):
    alert = {"rule": rule, "metric": "class_recall", "slice": "class:h"}
    assert acknowledging._what(pd.Series(alert)).endswith(f", {named}")
    by = "" if rule == "early_warning" else f", by {named}"
    assert bell.seen_by(alert).endswith(f"of class:h{by}")


def test_it_is_said_which_cycles_were_copied_and_what_is_not_tested():
    first, *more = bell.sentences({**RESULT, "untested": 8})
    assert first.endswith("6 in number, were made from the recorded cycles 4, 6, 7.")
    assert more[0].startswith("The evaluation that begins at cycle 8 is not tested: its baseline does not")
    # A result that was kept before this was said.
    assert not any("not tested" in said for said in bell.sentences(RESULT))


def test_copies_that_nobody_could_judge_prove_nothing():
    """Eighty outputs a cycle: no metric votes, and no copy ever has a status but learning."""
    cell = {"label": "Copying", "strength": 0.2, "quality": "unknown", "alert": None, "alerts": []}
    mute = {**RESULT, "injections": [{**cell, "statuses": ["learning"] * 6}] * 2}
    assert any(said.startswith("No copy was judged as a whole") for said in bell.sentences(mute))
    heard = {**RESULT, "injections": [*mute["injections"], {**cell, "statuses": ["learning", "healthy"]}]}
    for result in (heard, RESULT, {**RESULT, "injections": [cell]}):
        assert not any("No copy was judged" in said for said in bell.sentences(result))


def test_a_later_evaluation_without_a_baseline_is_not_tested():
    """Another evaluation from cycle 9 on: three cycles are no baseline of four yet, six are."""
    verdicts = [Verdict(c, "healthy", "steady", None, None, "") for c in range(12)]
    past = planted.history({}, count=12)
    assert ground(past, verdicts).untested is None
    assert ground(planted.split(past, 9), verdicts).untested == 9
    assert ground(planted.split(past, 6), verdicts).untested is None
