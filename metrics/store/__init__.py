"""The store: one DuckDB file with what came in, what was measured and what was judged.

The only place that speaks SQL. Values go in as parameters or as Arrow tables, never into the text of a query.
"""

from __future__ import annotations

from metrics.store.chosen import Chosen
from metrics.store.conditions import Comparable
from metrics.store.judged import Alert, Judged, SelfTest, Verdict
from metrics.store.measured import LineageState, Measured, ValueKey
from metrics.store.outputs import Stored
from metrics.store.ruled import Ruled, UserRule

__all__ = ["Alert", "LineageState", "SelfTest", "Store", "Stored", "UserRule", "ValueKey", "Verdict"]


class Store(Comparable, Measured, Judged, Ruled, Chosen):
    """A Tailwatch store file. Made on first use; safe to use from several processes and threads at once."""
