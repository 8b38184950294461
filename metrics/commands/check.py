"""`tailwatch check`."""

from __future__ import annotations

from metrics.asking import Options, Parser, command, open_store
from metrics.core import SEVERITIES


def _arguments(p: Parser) -> None:
    p.add_argument("--cycle", type=int, metavar="N", help="the verdict after this cycle (default: the last)")
    p.add_argument("--format", choices=("text", "json", "junit"), default="text")
    p.add_argument(
        "--fail-on",
        choices=SEVERITIES,
        default="narrowing",
        help="the least severity that gives exit code 1, and that fails in junit (default: narrowing)",
    )


@command(
    "check", "print the verdict; exit code 1 on an alert", place=90, lineage="required", arguments=_arguments
)
def check(options: Options) -> int:
    """Print the verdict."""
    from metrics import pipeline, reports

    store = open_store(options)
    result = pipeline.check(store, options.lineage, options.cycle)
    if options.format == "text":
        print(reports.as_text(result, store.choice(options.lineage)))
    elif options.format == "json":
        print(reports.as_json(result))
    else:
        print(reports.as_junit(result, options.fail_on))
    return int(bool(reports.failing(result, options.fail_on)))
