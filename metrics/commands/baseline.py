"""`tailwatch baseline`."""

from __future__ import annotations

import sys

from metrics.asking import Options, Parser, command, open_store
from metrics.printing import cycles_text, parse_cycles, safe_line, show_progress


def _arguments(p: Parser) -> None:
    p.add_argument(
        "--cycles", metavar="A-B", help="such as 0-3 or 2,3,5; leave away to go back to the first four"
    )
    p.add_argument("--note", default="", help="why")


@command(
    "baseline",
    "pin the cycles that count as normal (default: the first four)",
    place=60,
    lineage="required",
    arguments=_arguments,
)
def baseline(options: Options) -> int:
    """Pin the baseline."""
    from metrics import pipeline

    store = open_store(options)
    cycles = parse_cycles(options.cycles) if options.cycles else []
    store.set_baseline(options.lineage, cycles, options.note)
    pipeline.refresh(store, options.lineage, progress=show_progress)
    text = cycles_text(tuple(cycles)) if cycles else "the first four cycles"
    print(f"The baseline of '{safe_line(options.lineage)}' is {text}.", file=sys.stderr)
    return 0
