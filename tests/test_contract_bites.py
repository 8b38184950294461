"""The contract suite bites: deliberately broken metrics, readers and rules fail the check meant for them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from metrics.core import (
    GROUPS,
    METRICS,
    READERS,
    RULES,
    Finding,
    Judgement,
    RawTable,
    Reader,
    Reading,
    Rule,
)
from metrics.sample import Sample
from metrics.stats import Floats
from tests import contract

GOOD_RULE = RULES.get("early_warning")
CALLS = iter(range(10**9))


def distinct_share(s: Sample) -> Floats:
    return s.copies.richness / s.outputs


def constant(s: Sample) -> Reading:
    return Reading(np.full(1 + GROUPS, 0.5), s.n)


def first_row(s: Sample) -> Reading:
    return Reading(np.full(1 + GROUPS, float(s.score[0])), s.n)


def wrong_way(s: Sample) -> Reading:
    return Reading(1 - distinct_share(s), s.n)


def mutating(s: Sample) -> Reading:
    s.group[:] = 0
    return constant(s)


def mutating_frame(s: Sample) -> Reading:
    s.frame["score"] = 0.0
    return Reading(distinct_share(s), s.n)


def of_the_first_partition(s: Sample) -> Reading:
    return Reading(distinct_share(s) * min(s.n, s.partition) / s.n, s.n)


def zero_for_unknown(s: Sample) -> Reading:
    return Reading(np.nan_to_num(s.copies.richness / s.filled), s.n)


def not_a_number(s: Sample) -> Reading:
    return Reading(np.full(1 + GROUPS, np.nan), s.n)


def unseeded(s: Sample) -> Reading:
    return Reading(distinct_share(s) / (1 + next(CALLS)), s.n)


def over_one(s: Sample) -> Reading:
    return Reading(100 * distinct_share(s), s.n)


def raw_over_one(s: Sample) -> Reading:
    return Reading(distinct_share(s), s.n, raw=float(s.n))


def ignores_who_is_left_out(s: Sample) -> Reading:
    return Reading(np.full(1 + GROUPS, distinct_share(s)[0]), s.n)


def no_rows_counted(s: Sample) -> Reading:
    return Reading(distinct_share(s), 0)


METRICS_BROKEN: list[tuple[Callable[[Sample], Reading], Callable[..., None]]] = [
    (constant, contract.check_direction),
    (constant, contract.check_documented),
    (first_row, contract.check_row_order),
    (wrong_way, contract.check_direction),
    (mutating, contract.check_pure),
    (mutating_frame, contract.check_pure),
    (of_the_first_partition, contract.check_merges),
    (zero_for_unknown, contract.check_unknown_is_a_status),
    (not_a_number, contract.check_measures),
    (unseeded, contract.check_deterministic),
    (over_one, contract.check_bounds),
    (raw_over_one, contract.check_bounds),
    (ignores_who_is_left_out, contract.check_measures),
    (no_rows_counted, contract.check_measures),
]


@pytest.mark.parametrize(("compute", "check"), METRICS_BROKEN)
def test_a_broken_metric_fails(compute: Callable[[Sample], Reading], check: Callable[..., None]):
    with pytest.raises(AssertionError):
        check(replace(METRICS.get("distinct_2"), name="broken", compute=compute))


@pytest.mark.parametrize(
    "facts",
    [{"healthy": "low"}, {"healthy": "reference"}, {"source": " "}, {"bounds": (1.0, 0.0)}],
    ids=lambda facts: next(iter(facts)),
)
def test_facts_that_contradict_the_docstring_fail(facts: dict[str, Any]):
    with pytest.raises(AssertionError):
        contract.check_documented(replace(METRICS.get("distinct_2"), **facts))


def test_a_need_that_is_not_declared_fails():
    """It would say 0 where a column is missing, since nobody knows that it looks there."""
    hidden = replace(
        METRICS.get("distinct_2"), compute=lambda s: Reading(np.full(1 + GROUPS, float(s.has("score"))), s.n)
    )
    with pytest.raises(AssertionError):
        contract.check_needs_are_declared(hidden)


JSONL = READERS.get("jsonl")


def no_rejects(rows: Sequence[dict[str, Any]]) -> RawTable:
    return RawTable(pd.DataFrame(list(rows)), pd.DataFrame(columns=["row", "reason", "raw"]))


def lines(path: Path) -> list[dict[str, Any]]:
    found = []
    for line in path.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def drops_silently(path: Path) -> RawTable:
    return no_rejects(lines(path))


def drops_the_last(path: Path) -> RawTable:
    return no_rejects(lines(path)[:-1])


def without_reason(path: Path) -> RawTable:
    raw = JSONL.read(path)
    return RawTable(raw.rows, raw.rejects.assign(reason=""))


def ids_as_numbers(path: Path) -> RawTable:
    raw = JSONL.read(path)
    return RawTable(raw.rows.assign(example_id=raw.rows["example_id"].astype(int)), raw.rejects)


def any_error(path: Path) -> RawTable:
    return no_rejects([json.loads(line) for line in path.read_text().splitlines()])


def swallows(path: Path) -> RawTable:
    return no_rejects([{"example_id": "1", "output": "x"}])


READERS_BROKEN: list[tuple[Callable[[Path], RawTable], Callable[..., None]]] = [
    (drops_silently, contract.check_broken_rows),
    (without_reason, contract.check_broken_rows),
    (drops_the_last, contract.check_round_trip),
    (ids_as_numbers, contract.check_round_trip),
    (any_error, contract.check_unreadable),
    (swallows, contract.check_unreadable),
    (swallows, contract.check_reader_documented),
]


@pytest.mark.parametrize(("read", "check"), READERS_BROKEN)
def test_a_broken_reader_fails(read: Callable[[Path], RawTable], check: Callable[..., None], tmp_path: Path):
    with pytest.raises(AssertionError):
        check(Reader("broken", "Broken", (".jsonl",), read), tmp_path)


def good(past: Any, options: Any) -> list[Judgement]:
    return list(GOOD_RULE.evaluate(past, options))


def peeking(past: Any, options: Any) -> list[Judgement]:
    """Each cycle is told what the next one will be told."""
    said = good(past, options)
    return [
        replace(now, message=after.message) for now, after in zip(said, [*said[1:], *said[-1:]], strict=True)
    ]


def scaled_by_all(past: Any, options: Any) -> list[Judgement]:
    """The oldest way to peek: normalise by a spread that the later cycles are part of."""
    trend = past.trends.get(("distinct_1", None))
    known = [v.value for v in trend.values if v] if trend else [0.0]
    return [replace(j, message=f"spread {np.std(known)}") for j in good(past, options)]


def skips_the_first(past: Any, options: Any) -> list[Judgement]:
    return good(past, options)[1:]


def forgetting(past: Any, options: Any) -> list[Judgement]:
    said = good(past, options)
    past.trends.clear()
    return said


def moody(past: Any, options: Any) -> list[Judgement]:
    return [replace(j, message=str(next(CALLS))) for j in good(past, options)]


def deaf(past: Any, options: Any) -> list[Judgement]:
    return [replace(j, findings=()) for j in good(past, options)]


def nervous(past: Any, options: Any) -> list[Judgement]:
    finding = Finding("watch", None, None, 9, "Something moved.")
    return [replace(j, findings=(finding,)) for j in good(past, options)]


def backdating(past: Any, options: Any) -> list[Judgement]:
    return [replace(j, findings=tuple(replace(f, since=0) for f in j.findings)) for j in good(past, options)]


RULES_BROKEN: list[tuple[Callable[..., list[Judgement]], Callable[..., None]]] = [
    (peeking, contract.check_no_peeking),
    (scaled_by_all, contract.check_no_peeking),
    (skips_the_first, contract.check_one_each),
    (forgetting, contract.check_rule_pure),
    (moody, contract.check_rule_deterministic),
    (deaf, contract.check_fires),
    (nervous, contract.check_fires),
    (backdating, contract.check_fires),
    (good, contract.check_rule_documented),
]


@pytest.mark.parametrize(("evaluate", "check"), RULES_BROKEN)
def test_a_broken_rule_fails(evaluate: Callable[..., list[Judgement]], check: Callable[..., None]):
    with pytest.raises(AssertionError):
        check(Rule("broken", "Broken", evaluate))


def test_late_alarm_for_a_rule_that_sees_only_the_end():
    """A rule that stays silent until the last cycle fires too late to pass."""

    def late(past: Any, options: Any) -> list[Judgement]:
        said = good(past, options)
        return [replace(j, findings=()) for j in said[:15]] + said[15:]

    with pytest.raises(AssertionError):
        contract.check_fires(Rule("late", "Late", late))
