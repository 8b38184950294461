"""`tailwatch metrics`."""

from __future__ import annotations

from metrics.asking import Options, Parser, command, open_store, values_of
from metrics.printing import print_rows, show_progress


def _arguments(p: Parser) -> None:
    p.add_argument("--format", choices=("table", "json", "csv"), default="table")
    size_help = (
        "only the metrics that count types (distinct_1 ...), as M of each cycle's outputs would give them"
    )
    p.add_argument("--size", type=int, metavar="M", help=size_help)


@command("metrics", "print every metric value", place=80, lineage="required", arguments=_arguments)
def metrics(options: Options) -> int:
    """Print every value."""
    from metrics import pipeline

    store = open_store(options)
    pipeline.refresh(store, options.lineage, progress=show_progress)
    rows = values_of(store, options.lineage)
    if options.size is not None:
        rows = pipeline.at_size(store, options.lineage, options.size, rows)
    print_rows(rows, options.format)
    return 0
