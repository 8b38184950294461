"""`tailwatch selftest`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from metrics.asking import Options, Parser, command, open_store
from metrics.printing import print_table, safe_line, show_progress

ABOUT = """\
Plants narrowing of known kind and strength in copies of the lineage's own outputs, and tells which alerts
come, after how many cycles, and how often copies are flagged in which nothing was planted.

The copies go on from the last healthy cycle. Each further cycle is a recorded healthy one, in 5, 10, 20 and
40 % of whose outputs rare classes are answered with common ones, rare kinds of output are dropped, outputs
are copied, pulled towards the centre, or end half-way. Scores stay as they are: the bell must not need them.
The lineage itself is only read; the result is kept, and the app shows it on the page of alerts.
"""
CODES = """\
examples:
  tailwatch selftest --lineage support               all strengths; a minute or two at 800 prompts
  tailwatch selftest --lineage support --quick       10 and 20 % only, fewer simulated copies
  tailwatch selftest --lineage support --cycles 12   give slow alerts more time

exit codes: 0 an alert comes for every narrowing of 20 % or more, 1 for one it does not, 2 bad input or usage
"""


def _arguments(p: Parser) -> None:
    p.formatter_class = argparse.RawDescriptionHelpFormatter
    p.description, p.epilog = f"{p.description}\n\n{ABOUT}", CODES
    p.add_argument("--cycles", type=int, default=6, metavar="N", help="how long a copy goes on (default: 6)")
    p.add_argument("--seed", type=int, default=0, metavar="N", help="another draw of outputs (default: 0)")
    p.add_argument("--quick", action="store_true", help="10 and 20 %% only, and fewer simulated copies")
    p.add_argument("--format", choices=("text", "json"), default="text")


@command(
    "selftest",
    "press the alarm bell; exit code 1 if it does not ring",
    place=97,
    lineage="required",
    arguments=_arguments,
)
def selftest(options: Options) -> int:
    """Press the bell, keep the result and print it."""
    from metrics.selftest import QUICK, press

    store = open_store(options)
    chosen = {"cycles": options.cycles, "seed": options.seed, **(QUICK if options.quick else {})}
    result = press(store, options.lineage, progress=show_progress, **chosen)
    store.save_selftest(options.lineage, result)
    if options.format == "json":
        import json

        print(json.dumps(result, indent=1, allow_nan=False))
    else:
        _say(result)
    return int(not result["rings"])


def _say(result: Mapping[str, Any]) -> None:
    import pandas as pd

    from metrics import bell

    print_table(pd.DataFrame(bell.rows(result)))
    for line in (*bell.sentences(result), bell.conclusion(result)):
        print(safe_line(line))
