"""What a rule would do: how often it cries wolf on a lineage's own noise, and where it fired so far."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metrics import moving, pipeline, trials
from metrics.core import RULES, History
from metrics.store import Store
from metrics.terms import checked
from metrics.trials import Trial, tried
from tests import planted


def terms(**options: Any) -> dict[str, Any]:
    return checked({"metric": "mean_score", "comparator": "below", "line": 0.0, **options})


def silent(share: float, what: str) -> None:
    """Nobody looks."""


def tried_on(past: History, series: int = 40, since: int | None = None, **options: Any) -> Trial:
    return trials.trial(past, terms(**options), since, silent, series)


def one(count: int = 20, name: str = "mean_score", seed: int = 3) -> History:
    """One metric that nothing moves but noise."""
    past = planted.history({}, count=count, seed=seed)
    return replace(past, trends={(name, None): past.trends[(name, None)]})


def test_a_rule_that_always_fires_and_one_that_never_does():
    assert tried_on(one(), line=9.0).wolf == 40
    assert tried_on(one(), line=-9.0).wolf == 0


def test_how_often_a_line_cries_wolf_is_what_its_noise_says():
    """A line two standard deviations below: 1 - .97725 ** 20 = .37 of healthy series of 20 cycles cross it.

    The deviation of one cycle is sqrt(.01^2 + .01^2) = .01414, and was learned from 80 cycles.
    """
    past = one(count=80)
    base = [v.value or 0.0 for v in past.trends[("mean_score", None)].baselines[-1]]
    found = tried_on(past, series=200, line=sum(base) / 4 - 2 * 0.01414)
    assert found.share is not None
    assert 0.2 < found.share[0] < 0.55
    asked_twice = tried_on(past, series=200, line=sum(base) / 4 - 2 * 0.01414, for_cycles=2)
    assert (asked_twice.wolf or 0) < 0.3 * (found.wolf or 0)


def test_the_replay_is_what_the_rule_finds():
    past = planted.collapsing(onset=8, count=12)
    options = {"metric": "distinct_1", "statistic": "z", "line": -2.0, "for_cycles": 2}
    said = RULES.get("threshold").evaluate(past, terms(**options))
    found = tried_on(past, since=8, **options)
    assert found.fired == tuple(j.cycle for j in said if j.findings) == (9, 10, 11)
    assert found.cycles == 12


def test_what_an_open_alert_is_about_is_not_taken_for_noise():
    narrowed, before = planted.collapsing(onset=8, count=12), planted.collapsing(onset=8, count=12).until(8)
    options = {"metric": "distinct_1", "statistic": "pct_baseline", "line": 95.0}
    assert tried_on(narrowed, since=8, **options).wolf == tried_on(before, **options).wolf
    assert (tried_on(narrowed, **options).wolf or 0) > (tried_on(before, **options).wolf or 0)


def test_the_same_question_has_the_same_answer():
    assert tried_on(one(), line=0.48) == tried_on(one(), line=0.48)


def test_nothing_is_said_of_noise_that_is_not_known():
    young = tried_on(one(count=2), line=0.48)
    assert young.share is None
    assert young.in_words().startswith("How often it would cry wolf cannot be told: What moves 'planted'")
    assert young.in_words().endswith("On the 2 cycles so far it would have stayed silent.")
    gone = tried_on(one(), metric="rke")
    assert (gone.wolf, gone.unknown) == (None, tuple(range(4, 20)))
    assert gone.in_words().endswith("Not known at 4 to 19: It was not measured.")


def test_a_statistic_that_no_healthy_series_has_is_unknown_not_harmless():
    """Percent of a baseline of 0, in every simulated series too."""
    past = one(name="duplicate_rate")
    trend = past.trends[("duplicate_rate", None)]
    empty = [replace(v, value=0.0, replicates=(0.0,) * 20) for v in trend.values if v]
    base = tuple(tuple(empty[:4]) for _ in empty)
    none = replace(past, trends={trend.metric.name: replace(trend, values=tuple(empty), baselines=base)})
    none = replace(none, trends={("duplicate_rate", None): next(iter(none.trends.values()))})
    found = tried_on(none, metric="duplicate_rate", statistic="pct_baseline", line=90.0)
    assert found.wolf is None
    assert "Its baseline is 0" in found.why


def test_in_words():
    """24 of 200 is 12 %; Wilson's interval of it is .0822 to .1721."""
    found = Trial(24, "", (9, 10), 14)
    assert found.in_words() == (
        "On this lineage's own noise it would cry wolf in 12 % (8 to 17 %) of healthy 20-cycle series;"
        " on the 14 cycles so far it would have fired at 9, 10."
    )
    assert (
        "it would have stayed silent. Not known at 3, 5: Too few."
        in Trial(0, "", (), 14, (3, 5), "Too few.").in_words()
    )


def test_a_trial_is_kept_as_long_as_nothing_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trials, "SERIES", 10)
    store, rule = Store(tmp_path / "s.duckdb"), {"metric": "distinct_1", "comparator": "below", "line": 0.1}
    pipeline.ingest(store, [planted.stated(7)])
    revision, first = store.revision(), tried(store, "L", rule)
    assert store.revision() == revision
    with monkeypatch.context() as broken:
        broken.setattr(moving, "learn", None)
        assert tried(store, "L", rule) == first
        store.add_rule("L", "threshold", {**rule, "line": 0.2})
        pipeline.refresh(store)
        assert tried(store, "L", rule) == first
        with pytest.raises(TypeError):
            tried(store, "L", {**rule, "line": 0.3})
    pipeline.ingest(store, [planted.stated(8).query("cycle == 7")])
    assert tried(store, "L", rule).cycles == 8
