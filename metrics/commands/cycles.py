"""`tailwatch cycles`."""

from __future__ import annotations

import re

from metrics.asking import Options, Parser, command, open_store
from metrics.core import TailwatchError
from metrics.printing import print_table, show_progress

# Of a row as it came; all of it is in `tailwatch export`.
SHOWN = 100


def _arguments(p: Parser) -> None:
    what = p.add_mutually_exclusive_group()
    what.add_argument("--rename", metavar="N=LABEL", help="give a cycle a label")
    what.add_argument("--delete", type=int, metavar="N", help="delete a cycle")
    what.add_argument("--rejected", type=int, metavar="N", help="the rows rejected with a cycle, and why")


@command(
    "cycles",
    "list, rename or delete cycles, or see what was rejected with one",
    place=70,
    lineage="required",
    arguments=_arguments,
)
def cycles(options: Options) -> int:
    """List, rename or delete cycles, or list the rows rejected with one."""
    from metrics import choosing, pipeline

    store = open_store(options)
    if options.rejected is not None:
        rows = store.rejects(options.lineage, options.rejected)
        if rows.empty:
            print(f"No row was rejected with cycle {options.rejected}.")
        else:
            print_table(rows.assign(raw=rows["raw"].str.slice(0, SHOWN)))
        return 0
    pipeline.refresh(store, options.lineage, progress=show_progress)
    if options.rename:
        number, sign, label = options.rename.partition("=")
        if not sign or not re.fullmatch("[0-9]{1,9}", number.strip()) or not label.strip():
            raise TailwatchError(f"--rename takes N=LABEL; got '{options.rename}'.")
        store.rename_cycle(options.lineage, int(number), label)
    elif options.delete is not None:
        choosing.delete_cycle(store, options.lineage, options.delete)
        pipeline.refresh(store, options.lineage, progress=show_progress)
    facts = ["checkpoint", "parent", "mix", "decoding"]
    shown = ["cycle", "label", *facts, "outputs", "rejected", "ingested_at"]
    print_table(store.cycles(options.lineage)[shown])
    return 0
