"""What the pages read, kept until the store changes: every read is cached on (path, revision)."""

from __future__ import annotations

import json
import os
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.story import Mode
from dashboard.words import FAMILY
from metrics import pipeline
from metrics.baselines import Choice
from metrics.core import History, Metric, TailwatchError
from metrics.planning import Aim
from metrics.store import SelfTest, Store, UserRule, Verdict

Revision = tuple[str, int]


def path() -> str:
    """Where the store is: TAILWATCH_DB, or tailwatch.duckdb in the working folder."""
    return os.environ.get("TAILWATCH_DB") or "tailwatch.duckdb"


@st.cache_resource(show_spinner=False, max_entries=8)
def _store(where: str) -> Store:
    return Store(where)


def store() -> Store:
    """The store."""
    return _store(path())


def now() -> Revision:
    """The state that everything read in this run belongs to."""
    return path(), store().revision()


@st.cache_data(show_spinner=False, max_entries=8)
def lineages(at: Revision) -> pd.DataFrame:
    """One row per lineage, see Store.lineages."""
    return _store(at[0]).lineages()


@st.cache_data(show_spinner=False, max_entries=64)
def cycles(at: Revision, lineage: str) -> pd.DataFrame:
    """One row per cycle, see Store.cycles."""
    return _store(at[0]).cycles(lineage)


@st.cache_data(show_spinner=False, max_entries=8)
def alerts(at: Revision) -> pd.DataFrame:
    """Every alert, see Store.alerts."""
    return _store(at[0]).alerts()


@st.cache_resource(show_spinner=False, max_entries=64)
def verdicts(at: Revision, lineage: str) -> list[Verdict]:
    """What was said after each cycle."""
    return _store(at[0]).verdicts(lineage)


@st.cache_data(show_spinner=False, max_entries=32)
def baselines(at: Revision, lineage: str) -> tuple[Choice, pd.DataFrame, list[int]]:
    """What counts as normal, what was chosen so far, and the first cycles of the accepted baselines."""
    store = _store(at[0])
    return store.choice(lineage), store.baseline_history(lineage), store.accepted(lineage)


@st.cache_data(show_spinner=False, max_entries=32)
def rules(at: Revision, lineage: str) -> list[UserRule]:
    """The user's rules for a lineage."""
    return _store(at[0]).rules(lineage)


@st.cache_data(show_spinner=False, max_entries=8)
def rule_log(at: Revision) -> pd.DataFrame:
    """What was made, changed and deleted, see Store.rule_log."""
    return _store(at[0]).rule_log()


@st.cache_data(show_spinner=False, max_entries=16)
def selftest(at: Revision, lineage: str) -> SelfTest | None:
    """What the last self-test of a lineage came to."""
    return _store(at[0]).selftest(lineage)


@st.cache_data(show_spinner=False, max_entries=8)
def last_selftest(at: Revision) -> str | None:
    """The lineage whose alarm bell was pressed last."""
    return _store(at[0]).last_selftest()


@st.cache_resource(show_spinner=False, max_entries=16)
def history(at: Revision, lineage: str) -> History:
    """All that was measured of a lineage's whole, each value beside its baseline."""
    return pipeline.history(_store(at[0]), lineage, slice=None)


@st.cache_resource(show_spinner=False, max_entries=32)
def parts(at: Revision, lineage: str, metric: str) -> History:
    """One metric of the whole, of every slice and of its own parts: of all metrics that would be slow."""
    return pipeline.history(_store(at[0]), lineage, metric=metric)


@st.cache_data(show_spinner=False, max_entries=64)
def plan(at: Revision, lineage: str) -> dict[str, Any] | None:
    """What the eval set can see, see pipeline.plan; None where too few cycles can tell."""
    try:
        return pipeline.planned(history(at, lineage), verdicts(at, lineage), Aim())
    except TailwatchError:
        return None


@st.cache_resource(show_spinner=False, max_entries=16)
def known(at: Revision, lineage: str) -> dict[str, Metric]:
    """The metrics of the catalogue, and those that came with a lineage's uploaded values, in reading order.

    Those that vote come first, the others by family.
    """
    order = tuple(FAMILY)
    found = pipeline.known_metrics(_store(at[0]), lineage).items()
    return dict(sorted(found, key=lambda kv: (not kv[1].votes, order.index(kv[1].family), kv[1].label)))


@st.cache_data(show_spinner=False, max_entries=16)
def modes(at: Revision, lineage: str) -> dict[str, Mode]:
    """The kinds of output in the reference that the last cycle is measured against, by name."""
    store, standings = _store(at[0]), history(at, lineage).standings
    facts = store.comparisons(lineage).get(standings[-1].comparison) if standings else None
    found = json.loads(facts).get("modes") if facts else None
    if not found:
        return {}
    rows = zip(found["names"], found["typical"], found["shares"], strict=True)
    return {name: Mode(name, tuple(typical), share) for name, typical, share in rows}


@st.cache_data(show_spinner=False, max_entries=8)
def outputs(at: Revision, lineage: str, cycle: int) -> pd.DataFrame:
    """The outputs of one cycle."""
    return _store(at[0]).outputs(lineage, [cycle])


@st.cache_data(show_spinner=False, max_entries=32)
def rejects(at: Revision, lineage: str) -> pd.DataFrame:
    """The rows rejected with the cycles of a lineage, each with its reason."""
    return _store(at[0]).rejects(lineage)


@st.cache_data(show_spinner=False, max_entries=64)
def measured(at: Revision, lineage: str) -> list[str]:
    """The metrics of which at least one value is known, of the whole, in reading order."""
    trends = history(at, lineage).trends
    found = {m for (m, _), t in trends.items() if any(v and v.status == "ok" for v in t.values)}
    return [m for m in known(at, lineage) if m in found]
