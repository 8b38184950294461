"""`tailwatch rules`."""

from __future__ import annotations

import argparse
import pkgutil
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from metrics import statistics
from metrics.asking import Options, Parser, command, lineage_of, open_store
from metrics.core import SEVERITIES, TailwatchError
from metrics.printing import print_rows, safe_line, show_progress

if TYPE_CHECKING:
    from metrics.store import UserRule

Rows = Sequence[Mapping[str, Any]]

EPILOG = """\
examples:
  tailwatch rules --lineage support
      the rules, how often each would cry wolf on this lineage's own noise, and where it fired so far
  tailwatch rules --lineage support --add tail_recall --statistic pct_baseline --below 85 --dry-run
      try a rule without keeping it
  tailwatch rules --lineage support --add mean_score --below 0.6 --for-cycles 2 --severity collapse
  tailwatch rules --lineage support --add tail_recall --slice language=de --statistic z --below -2.5
  tailwatch rules --lineage support --add distinct_2 --statistic slope --below -1 --evidence interval
      losing more than 1 % of its baseline each cycle, surely so for prompts like these
  tailwatch rules --lineage support --add tail --statistic index --above 1.5
      all voting metrics of a family together; 'voters' for all that vote
  tailwatch rules --edit 5f3a91c2 --below 80        the rest stays, and so does its id
  tailwatch rules --delete 5f3a91c2

statistics:
  value         the metric's value
  pct_baseline  percent of its baseline: 100 is no change
  pct_previous  percent of the cycle before
  pct_reference percent of what the pinned human reference has
  slope         change per cycle through the last --window cycles, in percent of the baseline
  z             normal retrain-to-retrain movements from its baseline; below 0 is less
  index         several metrics together: 1 is the line of the alarm, above is worse, 0 is nothing unusual
"""


def _arguments(p: Parser) -> None:
    p.epilog, p.formatter_class = EPILOG, argparse.RawDescriptionHelpFormatter
    what = p.add_mutually_exclusive_group()
    what.add_argument("--add", metavar="METRIC", help="a rule on this metric (or family, for index)")
    what.add_argument("--edit", metavar="ID", help="change a rule: what is given below; the rest stays")
    what.add_argument("--delete", metavar="ID", help="delete a rule")
    p.add_argument("--dry-run", action="store_true", help="with --add or --edit: only say what it would do")
    p.add_argument("--metric", metavar="METRIC", help="with --edit: watch another metric (or family)")
    part = p.add_mutually_exclusive_group()
    part.add_argument("--slice", metavar="NAME=VALUE", help="on one slice (default: the whole)")
    part.add_argument("--whole", action="store_true", help="with --edit: on the whole again")
    names = [m.name for m in pkgutil.iter_modules(statistics.__path__)]
    p.add_argument("--statistic", choices=names, help="what is compared with the line (default: value)")
    line = p.add_mutually_exclusive_group()
    line.add_argument("--above", type=float, metavar="X", help="fires above this line")
    line.add_argument("--below", type=float, metavar="X", help="fires below this line")
    p.add_argument("--for-cycles", type=int, metavar="N", help="so many cycles in a row (default: 1)")
    p.add_argument("--window", type=int, metavar="N", help="cycles that a slope looks back on (default: 5)")
    p.add_argument("--severity", choices=SEVERITIES, help="what it raises (default: watch)")
    p.add_argument(
        "--evidence",
        choices=("point", "interval"),
        help="the point, or its whole 95 %% interval, beyond the line (default: point)",
    )
    p.add_argument("--format", choices=("table", "json", "csv"), default="table")


@command(
    "rules", "list, try, add, edit or delete rules of your own", place=110, lineage="optional",
    arguments=_arguments,
)  # fmt: skip
def rules(options: Options) -> int:
    """List, try, add, edit or delete user rules."""
    from metrics import pipeline, ruling

    store, given = open_store(options), _given(options)
    lineage = lineage_of(options, store)
    pipeline.refresh(store, lineage, progress=show_progress)
    made = None
    if options.add is not None or options.edit is not None:
        made = ruling.drafted(store, lineage, given, options.edit)
        # Before it is kept: what cannot be tried is not to stand in the way of every later refresh.
        found = ruling.rows(store, [made], lineage, show_progress)
        if options.dry_run:
            told = options.format == "table"
            return _tell(made, found, sys.stdout, kept=False) if told else _print(options, found)
        made = ruling.kept(store, made)
    elif options.delete is not None:
        store.delete_rule(ruling.named(store, lineage, options.delete).id)
    pipeline.refresh(store, lineage, progress=show_progress)
    found = ruling.rows(store, store.rules(lineage), lineage, show_progress)
    if made:
        _tell(made, found, sys.stderr)
    return _print(options, found)


def _given(options: Options) -> dict[str, Any]:
    """The terms that were given, and no others; they belong to a rule that is added or edited."""
    names = ("slice", "statistic", "for_cycles", "window", "severity", "evidence")
    given = {name: getattr(options, name) for name in names}
    for comparator, line in (("above", options.above), ("below", options.below)):
        given |= {"comparator": comparator, "line": line} if line is not None else {}
    given |= {"slice": ""} if options.whole else {}
    found = {name: value for name, value in given.items() if value is not None}
    if (found or options.dry_run) and options.add is None and options.edit is None:
        raise TailwatchError("That belongs to a rule:", do="name it with --add METRIC or --edit ID.")
    if options.add is not None and "line" not in found:
        raise TailwatchError("A rule needs a line:", do="give it with --below X or --above X.")
    if options.metric is not None and options.edit is None:
        raise TailwatchError("--metric goes with --edit ID.", do="A new rule names its metric with --add.")
    watches = options.metric if options.add is None else options.add
    return found if watches is None else {**found, "watches": watches}


def _tell(rule: UserRule, found: Rows, to: TextIO, kept: bool = True) -> int:
    """A rule as a sentence, and what it does on each lineage, for a person."""
    from metrics.terms import in_words

    name = f"Rule {rule.id}"
    if not kept:
        name = f"Not kept, rule {rule.id} stays as it is" if rule.id else "Not kept"
    print(safe_line(f"{name}: {in_words(rule.options)}"), file=to)
    for row in found:
        if row["id"] == rule.id:
            print(safe_line(f"  {row['tried_on'] or 'all'}: {row['does']}"), file=to)
    return 0


def _print(options: Options, found: Rows) -> int:
    import pandas as pd

    from metrics.ruling import COLUMNS

    forms: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]]
    forms = {"table": _narrow, "csv": _flat, "json": dict}
    # A file without rows still says what its columns are.
    named = None if found else COLUMNS
    print_rows(pd.DataFrame(map(forms[options.format], found), columns=named), options.format)
    return 0


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as words, for a spreadsheet."""
    return {k: " ".join(map(str, v)) if isinstance(v, list) else v for k, v in row.items()}


def _narrow(row: Mapping[str, Any]) -> dict[str, Any]:
    """What fits a terminal: one cell for what is watched, one for the false alarms."""
    from metrics.trials import ranges, share_text

    shown = {name: row[name] for name in ("id", "lineage", "tried_on")}
    shown |= {"watches": row["metric"] or row["family"]}
    names = ("slice", "statistic", "window", "comparator", "line", "for_cycles", "severity", "evidence")
    shown |= {name: row[name] for name in names}
    shares = (row[name] for name in ("false_alarms", "false_alarms_low", "false_alarms_high"))
    return {**shown, "cries_wolf": share_text(*shares), "fired_at": ranges(row["fired_at"])}
