"""`tailwatch rules`."""

from __future__ import annotations

from metrics.asking import Options, Parser, command, lineage_of, open_store
from metrics.core import SEVERITIES, TailwatchError
from metrics.printing import print_table, show_progress


def _arguments(p: Parser) -> None:
    p.add_argument("--add", metavar="METRIC", help="a rule on this metric, with the options below")
    p.add_argument("--slice", metavar="NAME=VALUE", help="on one slice (default: the whole)")
    p.add_argument(
        "--statistic",
        choices=("value", "pct_baseline", "pct_previous", "z"),
        default="value",
        help="what is compared: the value, %% of baseline, %% of the cycle before, z (default: value)",
    )
    line = p.add_mutually_exclusive_group()
    line.add_argument("--above", type=float, metavar="X", help="fires above this line")
    line.add_argument("--below", type=float, metavar="X", help="fires below this line")
    p.add_argument("--for-cycles", type=int, default=1, metavar="N", help="so many cycles in a row")
    p.add_argument("--severity", choices=SEVERITIES, default="watch", help="what it raises (default: watch)")
    p.add_argument(
        "--evidence",
        choices=("point", "interval"),
        default="point",
        help="the value, or its whole 95 %% interval, beyond the line (default: point)",
    )
    p.add_argument("--delete", metavar="ID", help="delete a rule")


@command(
    "rules", "list, add or delete rules of your own", place=110, lineage="optional", arguments=_arguments
)
def rules(options: Options) -> int:
    """List, add or delete user rules."""
    import pandas as pd

    from metrics import pipeline
    from metrics.rules.threshold import checked

    store = open_store(options)
    lineage = lineage_of(options, store)
    if not options.add and (options.above is not None or options.below is not None):
        raise TailwatchError("A line needs a metric:", do="name it with --add METRIC.")
    if options.add:
        comparator = "above" if options.above is not None else "below"
        line = options.above if options.above is not None else options.below
        names = ("slice", "statistic", "for_cycles", "severity", "evidence")
        spec = {
            "metric": pipeline.metric_named(store, options.add, lineage),
            "comparator": comparator,
            "line": line,
        }
        store.add_rule(lineage, "threshold", checked({**spec, **{n: getattr(options, n) for n in names}}))
    elif options.delete:
        store.delete_rule(options.delete)
    if options.add or options.delete:
        pipeline.refresh(store, progress=show_progress)
    rows = [{"id": r.id, "lineage": r.lineage or "all", **r.options} for r in store.rules(lineage)]
    print_table(pd.DataFrame(rows))
    return 0
