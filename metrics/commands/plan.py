"""`tailwatch plan`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metrics.asking import Options, Parser, command, open_store
from metrics.printing import print_table, safe_line


def _arguments(p: Parser) -> None:
    p.add_argument(
        "--loss", type=float, default=0.10, metavar="SHARE", help="the loss to be seen (default: 0.10)"
    )
    p.add_argument("--within", type=int, default=2, metavar="N", help="within so many cycles (default: 2)")
    p.add_argument("--power", type=float, default=0.8, metavar="P", help="with this chance (default: 0.8)")
    p.add_argument("--format", choices=("text", "json"), default="text")


@command(
    "plan",
    "what the eval set can see, and how many prompts would be enough",
    place=95,
    lineage="required",
    arguments=_arguments,
)
def plan(options: Options) -> int:
    """Print what each voter sees, and what it would take to see a loss."""
    from metrics import pipeline
    from metrics.planning import Aim

    aim = Aim(options.loss, options.within, options.power)
    result = pipeline.plan(open_store(options), options.lineage, aim)
    if options.format == "json":
        import json

        print(json.dumps(result, indent=1, allow_nan=False))
    else:
        _print(result)
    return 0


def _print(result: Mapping[str, Any]) -> None:
    import pandas as pd

    from metrics.advising import percent

    print(safe_line(f"{result['lineage']}: learned from {result['cycles']} cycles. {result['message']}"))
    if result["advice"]:
        print(safe_line(result["advice"]))
    rows = [
        {
            "metric": row["metric"],
            "rests on": f"{row['n']:,.0f} {row['counts']}{'' if row['votes'] else ' (no vote)'}",
            "baseline": row["baseline"],
            "seen at": "never" if row["seen"] is None else row["seen"],
            "loss": "" if row["loss"] is None else percent(row["loss"]),
            f"for {result['loss']:.0%}": "no number" if row["needed"] is None else f"{row['needed']:,}",
            "retrains differ by": percent(row["retraining"]),
        }
        for row in result["metrics"]
    ]
    print_table(pd.DataFrame(rows))
