"""What was judged: verdicts, alerts, and what people said of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from metrics.core import Finding, TailwatchError
from metrics.store.database import Connection, Database, frame


@dataclass(frozen=True)
class Verdict:
    """What was said after one cycle. `findings` pairs a rule's name with what it found."""

    cycle: int
    status: str
    quality: str
    since: int | None
    quality_since: int | None
    message: str
    findings: tuple[tuple[str, Finding], ...] = ()


@dataclass(frozen=True)
class Alert:
    """One episode of one rule on one metric and slice: raised at `first_cycle`, kept up to `last_cycle`."""

    lineage: str
    rule: str
    metric: str | None
    slice: str | None
    severity: str
    since_cycle: int
    first_cycle: int
    last_cycle: int
    resolved_cycle: int | None
    message: str
    evidence: Mapping[str, Any]
    accepted_cycle: int | None = None  # the first of a baseline that a person accepted in spite of it

    @property
    def id(self) -> str:
        """The episode's stable name, so that an acknowledgement finds it again after a refresh."""
        parts = (self.lineage, self.rule, self.metric, self.slice, self.first_cycle)
        return hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=8).hexdigest()


@dataclass(frozen=True)
class SelfTest:
    """What pressing the alarm bell came to, when, and whether the lineage is still as it was then."""

    made_at: datetime
    current: bool
    result: Mapping[str, Any]


class Judged(Database):
    """Reads and writes what was judged."""

    def save_verdicts(
        self, lineage: str, verdicts: Sequence[Verdict], alerts: Sequence[Alert], revision: int
    ) -> bool:
        """Store verdicts and alert episodes; False where the lineage's data changed since `revision`."""
        with self.writing() as con:
            row = con.execute("SELECT data_revision FROM lineages WHERE lineage = ?", [lineage]).fetchone()
            if row is None or row[0] != revision:
                return False
            con.execute("DELETE FROM verdicts WHERE lineage = ?", [lineage])
            for v in verdicts:
                con.execute(
                    "INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    [lineage, v.cycle, v.status, v.quality, v.since, v.quality_since, v.message, _dump(v)],
                )
            _log_changes(con, lineage, alerts)
            con.execute("DELETE FROM alerts WHERE lineage = ?", [lineage])
            for a in alerts:
                con.execute(
                    "INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _alert_row(a)
                )
            con.execute("UPDATE lineages SET measured_revision = data_revision WHERE lineage = ?", [lineage])
        return True

    def verdicts(self, lineage: str) -> list[Verdict]:
        """What was said after each cycle, in order."""
        query = (
            "SELECT cycle, status, quality, since_cycle, quality_since, message, findings FROM verdicts"
            " WHERE lineage = ? ORDER BY cycle"
        )
        with self.reading() as con:
            rows = con.execute(query, [lineage]).fetchall()
        return [Verdict(c, st, q, s, qs, text, _load(found)) for c, st, q, s, qs, text, found in rows]

    def alerts(self, lineage: str | None = None) -> pd.DataFrame:
        """Alert episodes, newest first, with state open, acknowledged, accepted or resolved.

        Columns: those of Alert, id, state, acknowledged_at, note, accepted_at, accepted_note; evidence is
        JSON text. An accepted alert stands as it stood when it was accepted.
        """
        with self.reading() as con:
            return frame(
                con,
                "SELECT a.*, CASE WHEN accepted_cycle IS NOT NULL THEN 'accepted'"
                " WHEN resolved_cycle IS NOT NULL THEN 'resolved'"
                " WHEN k.acknowledged_at IS NOT NULL THEN 'acknowledged' ELSE 'open' END AS state,"
                " k.acknowledged_at, k.note, h.accepted_at, h.accepted_note"
                " FROM (FROM accepted_alerts UNION ALL BY NAME"
                "  FROM alerts WHERE id NOT IN (SELECT id FROM accepted_alerts)) a"
                " LEFT JOIN acknowledgements k USING (id)"
                " LEFT JOIN (SELECT lineage, accepted_cycle, max(pinned_at) AS accepted_at,"
                "  max_by(note, pinned_at) AS accepted_note FROM baseline_history GROUP BY ALL) h"
                " USING (lineage, accepted_cycle)"
                " WHERE $lineage IS NULL OR a.lineage = $lineage"
                " ORDER BY state IN ('resolved', 'accepted'), first_cycle DESC, a.lineage, a.rule, a.metric",
                {"lineage": lineage},
            )

    def acknowledge(self, alert: str, note: str = "") -> None:
        """Note that a person has seen an alert; it stays so through every refresh."""
        with self.writing() as con:
            row = con.execute(
                "SELECT lineage, last_cycle, message FROM alerts WHERE id = ?", [alert]
            ).fetchone()
            if row is None:
                raise TailwatchError(f"There is no alert '{alert}'.", do="`tailwatch alerts` lists them.")
            con.execute(
                "INSERT INTO acknowledgements VALUES (?, now()::TIMESTAMP, ?) ON CONFLICT DO NOTHING",
                [alert, note],
            )
            log(con, row[0], alert, "acknowledged", row[1], row[2])

    def save_selftest(self, lineage: str, result: Mapping[str, Any]) -> None:
        """Keep what the last self-test of a lineage came to; nothing else of the lineage is touched."""
        with self.writing() as con:
            con.execute(
                "INSERT OR REPLACE INTO selftests SELECT lineage, now()::TIMESTAMP, data_revision, ?"
                " FROM lineages WHERE lineage = ?",
                [json.dumps(dict(result), allow_nan=False), lineage],
            )

    def last_selftest(self) -> str | None:
        """The lineage whose alarm bell was pressed last."""
        with self.reading() as con:
            row = con.execute("SELECT lineage FROM selftests ORDER BY made_at DESC LIMIT 1").fetchone()
        return str(row[0]) if row else None

    def selftest(self, lineage: str) -> SelfTest | None:
        """The last self-test of a lineage, None where there was none."""
        query = (
            "SELECT made_at, t.data_revision = l.data_revision, result FROM selftests t"
            " JOIN lineages l USING (lineage) WHERE lineage = ?"
        )
        with self.reading() as con:
            row = con.execute(query, [lineage]).fetchone()
        return SelfTest(row[0], row[1], json.loads(row[2])) if row else None

    def alert_log(self, lineage: str) -> pd.DataFrame:
        """What was said at the time: said_at, alert, event, cycle, message."""
        query = (
            "SELECT said_at, alert, event, cycle, message FROM alert_log WHERE lineage = ? ORDER BY said_at"
        )
        with self.reading() as con:
            return frame(con, query, [lineage])


def _dump(verdict: Verdict) -> str:
    return json.dumps(
        [
            [rule, f.severity, f.metric, f.slice, f.since, f.message, dict(f.evidence)]
            for rule, f in verdict.findings
        ]
    )


def _load(text: str) -> tuple[tuple[str, Finding], ...]:
    return tuple((rule, Finding(*facts)) for rule, *facts in json.loads(text))


def _alert_row(a: Alert) -> list[Any]:
    return [
        *(a.id, a.lineage, a.rule, a.metric, a.slice, a.severity, a.since_cycle, a.first_cycle),
        *(a.last_cycle, a.resolved_cycle, a.message, json.dumps(dict(a.evidence))),
        a.accepted_cycle,
    ]


def log(con: Connection, lineage: str, alert: str, event: str, cycle: int, message: str) -> None:
    """Write down what was said of an alert, for ever."""
    con.execute(
        "INSERT INTO alert_log VALUES (now()::TIMESTAMP, ?, ?, ?, ?, ?)",
        [lineage, alert, event, cycle, message],
    )


def _log_changes(con: Connection, lineage: str, alerts: Sequence[Alert]) -> None:
    """Write down every alert that is new, worse, over or gone since the last judgement."""
    query = "SELECT id, severity, resolved_cycle, last_cycle, message FROM alerts WHERE lineage = ?"
    before = {row[0]: row[1:] for row in con.execute(query, [lineage]).fetchall()}
    for a in alerts:
        was = before.pop(a.id, None)
        if was is None:
            log(con, lineage, a.id, f"raised: {a.severity}", a.first_cycle, a.message)
        elif was[0] != a.severity:
            log(con, lineage, a.id, f"now {a.severity}", a.last_cycle, a.message)
        if a.resolved_cycle is not None and (was is None or was[1] is None):
            log(con, lineage, a.id, "resolved", a.resolved_cycle, a.message)
    query = "SELECT id FROM accepted_alerts WHERE lineage = ?"
    kept = {name for (name,) in con.execute(query, [lineage]).fetchall()}
    for name, (_, _, cycle, message) in before.items():
        if name not in kept:
            log(con, lineage, name, "withdrawn after a recomputation", cycle, message)
