"""Whatever lies in metrics.catalog, metrics.readers and metrics.rules keeps the contract."""

from collections.abc import Callable
from pathlib import Path

import pytest

from metrics.core import METRICS, READERS, RULES, Metric, Reader, Rule
from tests import contract


def named(thing: object) -> str:
    return getattr(thing, "name", None) or getattr(thing, "__name__", "")


@pytest.mark.parametrize("check", contract.METRIC_CHECKS, ids=named)
@pytest.mark.parametrize("metric", METRICS.all().values(), ids=named)
def test_metric(metric: Metric, check: Callable[[Metric], None]):
    check(metric)


@pytest.mark.parametrize("check", contract.READER_CHECKS, ids=named)
@pytest.mark.parametrize("reader", READERS.all().values(), ids=named)
def test_reader(reader: Reader, check: Callable[[Reader, Path], None], tmp_path: Path):
    check(reader, tmp_path)


@pytest.mark.parametrize("check", contract.RULE_CHECKS, ids=named)
@pytest.mark.parametrize("rule", RULES.all().values(), ids=named)
def test_rule(rule: Rule, check: Callable[[Rule], None]):
    check(rule)


def test_the_names_that_outside_scripts_know_are_there():
    """shared/design.md, section 5: these names are stable."""
    stable = {"mean_score", "score_p10", "tail_recall", "class_coverage", "prediction_entropy"}
    assert stable | {"distinct_1", "distinct_2", "distinct_3"} <= set(METRICS.all())
    assert {"csv", "jsonl", "parquet"} <= set(READERS.all())
    assert {"early_warning", "threshold"} <= set(RULES.all())
