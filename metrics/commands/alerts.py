"""`tailwatch alerts`."""

from __future__ import annotations

from metrics.asking import Options, Parser, command, lineage_of, open_store
from metrics.printing import print_rows


def _arguments(p: Parser) -> None:
    p.add_argument("--format", choices=("table", "json", "csv"), default="table")
    p.add_argument("--acknowledge", metavar="ID", help="note that a person has seen this alert")
    p.add_argument("--note", default="", help="a word with the acknowledgement")


@command("alerts", "list alerts, or acknowledge one", place=100, lineage="optional", arguments=_arguments)
def alerts(options: Options) -> int:
    """List alerts or acknowledge one."""
    store = open_store(options)
    if options.acknowledge:
        store.acknowledge(options.acknowledge, options.note)
    span = ["since_cycle", "first_cycle", "last_cycle"]
    shown = ["id", "lineage", "state", "severity", "metric", "slice", *span]
    rows = store.alerts(lineage_of(options, store))
    print_rows(rows[[*shown, "message"]] if options.format == "table" else rows, options.format)
    return 0
