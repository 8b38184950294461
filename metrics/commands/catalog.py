"""`tailwatch catalog`."""

from __future__ import annotations

from metrics.asking import Options, Parser, command
from metrics.core import METRICS


def _arguments(p: Parser) -> None:
    p.add_argument("metric", nargs="?", help="one metric, with its documentation")


@command("catalog", "what is measured, and how", place=120, arguments=_arguments)
def catalog(options: Options) -> int:
    """What is measured, and how."""
    if options.metric:
        m = METRICS.get(options.metric)
        print(f"{m.name} (version {m.version}, {m.family}, healthy: {m.healthy})")
        print(f"\n{m.doc}\n\nSource: {m.source}")
        return 0
    for m in METRICS.all().values():
        votes = "votes" if m.votes else ""
        print(f"{m.name:<20} {m.family:<11} healthy: {m.healthy:<10} {votes:<6} {m.doc.splitlines()[0]}")
    return 0
