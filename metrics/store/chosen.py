"""What people chose as the baseline, when and why; and the alerts over which they accepted a new one."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from metrics.baselines import Choice
from metrics.store.database import Connection, Database, frame, touch
from metrics.store.judged import log


class Chosen(Database):
    """Reads and writes choices of a baseline."""

    def choice(self, lineage: str) -> Choice:
        """What counts as normal for a lineage now."""
        with self.reading() as con:
            row = con.execute("SELECT baseline FROM lineages WHERE lineage = ?", [lineage]).fetchone()
        return Choice.parse(row[0] if row else None)

    def set_baseline(self, lineage: str, choice: Choice, note: str = "", accepts: Sequence[str] = ()) -> None:
        """Choose a baseline, and close the alerts that are accepted with it; both are kept in history."""
        with self.writing() as con:
            row = con.execute("SELECT baseline FROM lineages WHERE lineage = ?", [lineage]).fetchone()
            touch(con, lineage)
            spec, start = choice.as_json(), choice.pinned[-1][0] if choice.pinned else None
            con.execute("UPDATE lineages SET baseline = ? WHERE lineage = ?", [spec, lineage])
            con.execute(
                "INSERT INTO baseline_history VALUES (?, now()::TIMESTAMP, ?, ?, ?, ?)",
                [lineage, spec, note, row[0] if row else None, start if accepts else None],
            )
            _reopen(con, lineage, [pinned[0] for pinned in choice.pinned])
            for alert in accepts:
                _accept(con, lineage, alert, start, note)

    def baseline_history(self, lineage: str) -> pd.DataFrame:
        """Every choice, the newest first: pinned_at, baseline, note, instead, accepted_cycle.

        `baseline` and the one it stands `instead` of are as `Choice.parse` reads them. `accepted_cycle` is
        the first cycle of a baseline that was accepted although alerts were open.
        """
        query = (
            "SELECT pinned_at, baseline, note, instead, accepted_cycle FROM baseline_history"
            " WHERE lineage = ? ORDER BY pinned_at DESC"
        )
        with self.reading() as con:
            return frame(con, query, [lineage])

    def accepted(self, lineage: str) -> list[int]:
        """The first cycles of the accepted baselines that hold, in order."""
        starts = [pinned[0] for pinned in self.choice(lineage).pinned]
        query = "SELECT DISTINCT accepted_cycle FROM baseline_history WHERE lineage = ? ORDER BY ALL"
        with self.reading() as con:
            known = [row[0] for row in con.execute(query, [lineage]).fetchall()]
        return [cycle for cycle in known if cycle in starts]

    def followers(self, lineage: str) -> list[str]:
        """The lineages that have this one as their control."""
        query = (
            "SELECT lineage FROM lineages WHERE json_extract_string(baseline, '$.like') = ? ORDER BY lineage"
        )
        with self.reading() as con:
            return [row[0] for row in con.execute(query, [lineage]).fetchall()]


def _accept(con: Connection, lineage: str, alert: str, start: int | None, note: str) -> None:
    con.execute(
        "INSERT INTO accepted_alerts"
        " SELECT * REPLACE (?::INTEGER AS accepted_cycle) FROM alerts WHERE id = ?",
        [start, alert],
    )
    row = con.execute("SELECT last_cycle FROM alerts WHERE id = ?", [alert]).fetchone()
    if row is not None:
        log(con, lineage, alert, "accepted", row[0], note)


def _reopen(con: Connection, lineage: str, starts: Sequence[int]) -> None:
    """Where an accepted baseline no longer holds, what was accepted with it is judged again."""
    given = [lineage, list(starts)]
    query = (
        "SELECT id, last_cycle, message FROM accepted_alerts"
        " WHERE lineage = ? AND NOT list_contains(?::INTEGER[], accepted_cycle)"
    )
    for alert, cycle, message in con.execute(query, given).fetchall():
        log(con, lineage, alert, "accepted no longer", cycle, message)
    con.execute(
        "DELETE FROM accepted_alerts WHERE lineage = ? AND NOT list_contains(?::INTEGER[], accepted_cycle)",
        given,
    )
