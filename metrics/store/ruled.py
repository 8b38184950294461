"""The rules that users made, what they were before, and what they would have done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from metrics.core import TailwatchError
from metrics.store.database import Connection, Database, frame

MOST_TRIALS = 200


@dataclass(frozen=True)
class UserRule:
    """A rule that a user made: its kind (a rule of metrics.rules) and options; lineage None means all."""

    id: str
    lineage: str | None
    kind: str
    options: Mapping[str, Any]


class Ruled(Database):
    """Reads and writes the users' rules."""

    def rules(self, lineage: str | None = None) -> list[UserRule]:
        """User rules, those of one lineage and those for all, or every one."""
        with self.reading() as con:
            return [r for r in _rules(con) if lineage is None or r.lineage in (None, lineage)]

    def rule(self, name: str) -> UserRule:
        """One rule by its id; another id gets a sentence."""
        with self.reading() as con:
            return _rule(con, name)

    def add_rule(self, lineage: str | None, kind: str, options: Mapping[str, Any]) -> UserRule:
        """Store a user rule; the same rule twice is one."""
        text = _text(options)
        with self.writing() as con:
            name = _same(con, lineage, kind, text)
            if name is None:
                name = _free_name(con, f"{lineage}\x1f{kind}\x1f{text}")
                con.execute(
                    "INSERT INTO rules VALUES (?, ?, ?, ?, now()::TIMESTAMP)", [name, lineage, kind, text]
                )
                _log(con, name, lineage, "made", text)
                _judge_again(con, lineage)
        return UserRule(name, lineage, kind, dict(options))

    def edit_rule(self, name: str, options: Mapping[str, Any]) -> UserRule:
        """Give a rule other options; it keeps its id, and what it was is kept in the rule log."""
        text = _text(options)
        with self.writing() as con:
            # Read within the turn: somebody else may have changed or deleted it a moment ago.
            rule = _rule(con, name)
            other = _same(con, rule.lineage, rule.kind, text)
            if other not in (None, name):
                raise TailwatchError(f"Rule '{other}' says just this already;", do="delete one of the two.")
            if other is None:
                con.execute("UPDATE rules SET options = ? WHERE id = ?", [text, name])
                _log(con, name, rule.lineage, "changed", text)
                _judge_again(con, rule.lineage)
        return UserRule(name, rule.lineage, rule.kind, dict(options))

    def delete_rule(self, name: str) -> None:
        """Remove a user rule; the rule log keeps what it was."""
        with self.writing() as con:
            rule = _rule(con, name)
            con.execute("DELETE FROM rules WHERE id = ?", [name])
            _log(con, name, rule.lineage, "deleted", _text(rule.options))
            _judge_again(con, rule.lineage)

    def rule_log(self, rule: str | None = None) -> pd.DataFrame:
        """What was made, changed and deleted: said_at, rule, lineage, event, options (JSON, as they were)."""
        query = (
            "SELECT said_at, rule, lineage, event, options FROM rule_log"
            " WHERE $rule IS NULL OR rule = $rule ORDER BY said_at"
        )
        with self.reading() as con:
            return frame(con, query, {"rule": rule})

    def trial(self, lineage: str, key: str) -> dict[str, Any] | None:
        """The facts of a trial that was made before, None where there is none."""
        query = "SELECT facts FROM trials WHERE lineage = ? AND key = ?"
        with self.reading() as con:
            row = con.execute(query, [lineage, key]).fetchone()
        return json.loads(row[0]) if row else None

    def save_trial(self, lineage: str, key: str, facts: Mapping[str, Any]) -> None:
        """Keep the facts of a trial; of very many only the last."""
        with self.writing(moves=False) as con:
            con.execute(
                "INSERT OR REPLACE INTO trials VALUES (?, ?, now()::TIMESTAMP, ?)",
                [lineage, key, json.dumps(dict(facts))],
            )
            con.execute(
                "DELETE FROM trials WHERE lineage = $lineage AND key NOT IN (SELECT key FROM trials"
                " WHERE lineage = $lineage ORDER BY made_at DESC LIMIT $most)",
                {"lineage": lineage, "most": MOST_TRIALS},
            )


def _text(options: Mapping[str, Any]) -> str:
    return json.dumps(dict(options), sort_keys=True)


def _rules(con: Connection) -> list[UserRule]:
    query = "SELECT id, lineage, kind, options FROM rules ORDER BY created_at, id"
    rows = con.execute(query).fetchall()
    return [UserRule(i, name, kind, json.loads(options)) for i, name, kind, options in rows]


def _rule(con: Connection, name: str) -> UserRule:
    found = next((r for r in _rules(con) if r.id == name), None)
    if found is None:
        raise TailwatchError(f"There is no rule '{name[:40]}'.", do="`tailwatch rules` lists them.")
    return found


def _same(con: Connection, lineage: str | None, kind: str, text: str) -> str | None:
    """The id of the rule that says just this, if there is one."""
    query = "SELECT id FROM rules WHERE lineage IS NOT DISTINCT FROM ? AND kind = ? AND options = ?"
    row = con.execute(query, [lineage, kind, text]).fetchone()
    return str(row[0]) if row else None


def _free_name(con: Connection, of: str) -> str:
    """A short name made from the rule; one that a rule has which was changed since is not given twice."""
    taken = {row[0] for row in con.execute("SELECT id FROM rules").fetchall()}
    while (name := hashlib.blake2b(of.encode(), digest_size=4).hexdigest()) in taken:
        of = f"{of}\x1f"
    return name


def _log(con: Connection, rule: str, lineage: str | None, event: str, options: str) -> None:
    con.execute("INSERT INTO rule_log VALUES (now()::TIMESTAMP, ?, ?, ?, ?)", [rule, lineage, event, options])


def _judge_again(con: Connection, lineage: str | None) -> None:
    con.execute(
        "UPDATE lineages SET data_revision = data_revision + 1 WHERE $lineage IS NULL OR lineage = $lineage",
        {"lineage": lineage},
    )
