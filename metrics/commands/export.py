"""`tailwatch export`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from metrics.asking import Options, Parser, command, lineage_of, open_store, values_of
from metrics.core import TailwatchError
from metrics.printing import safe_cell

if TYPE_CHECKING:
    import pandas as pd

    from metrics.store import Store


def _arguments(p: Parser) -> None:
    p.add_argument("--to", default=".", metavar="FOLDER", help="folder to write to (default: here)")


@command(
    "export",
    "write values, verdicts, alerts and rejected rows as CSV files",
    place=130,
    lineage="optional",
    arguments=_arguments,
)
def export(options: Options) -> int:
    """Write values, verdicts, alerts and rejected rows as CSV."""
    import pandas as pd

    store = open_store(options)
    folder = Path(options.to)
    if not folder.is_dir():
        raise TailwatchError(f"There is no folder '{folder}'.", do="Make it first.")
    one = lineage_of(options, store)
    names = [one] if one is not None else store.lineages()["lineage"].tolist()
    none = pd.DataFrame()
    said = [
        {"lineage": n, **{k: v for k, v in vars(x).items() if k != "findings"}}
        for n in names
        for x in store.verdicts(n)
    ]
    tables = {
        "values": pd.concat([values_of(store, n) for n in names]) if names else none,
        "verdicts": pd.DataFrame(said),
        "alerts": store.alerts(one),
        "rejects": pd.concat([_rejects(store, n) for n in names]) if names else none,
    }
    for name, rows in tables.items():
        rows.map(safe_cell).to_csv(folder / f"{name}.csv", index=False)
        print(f"Wrote {folder / f'{name}.csv'}: {len(rows)} rows.", file=sys.stderr)
    return 0


def _rejects(store: Store, lineage: str) -> pd.DataFrame:
    """The rows rejected with the cycles of a lineage, under its name."""
    rows = store.rejects(lineage)
    rows.insert(0, "lineage", lineage)
    return rows
