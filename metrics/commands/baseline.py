"""`tailwatch baseline`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from metrics.asking import Options, Parser, command, lineage_of, open_store
from metrics.baselines import Choice
from metrics.core import Standing, TailwatchError
from metrics.printing import parse_cycles, print_table, safe_line, show_progress

if TYPE_CHECKING:
    from metrics.store import Store

FROM_PEOPLE = (
    "Scores have no value there. An alarm that is there at once says how far the model is from people, not"
    " that it is getting worse."
)


def _arguments(p: Parser) -> None:
    what = p.add_mutually_exclusive_group()
    what.add_argument("--first", type=int, metavar="K", help="the first K cycles (without any choice: 4)")
    what.add_argument("--cycles", metavar="A-B", help="these cycles, such as 0-3 or 2,3,5; 3 are the least")
    what.add_argument("--like", metavar="OTHER", help="the baseline of another lineage, a healthy control")
    what.add_argument("--reference", action="store_true", help="the pinned human reference")
    what.add_argument("--history", action="store_true", help="what was chosen, when and why; so without any")
    p.add_argument("--note", default="", help="why; needed where alerts are accepted with the choice")


@command(
    "baseline",
    "choose what counts as normal, or show what was chosen",
    place=60,
    lineage="required",
    arguments=_arguments,
)
def baseline(options: Options) -> int:
    """Choose the baseline, or show its history."""
    from metrics import choosing, pipeline

    store = open_store(options)
    lineage_of(options, store)
    choice = _choice(options)
    if not choice:
        if options.note:
            raise TailwatchError("A note needs a choice:", do="such as --cycles 8-11.")
        return _show(store, options.lineage)
    choice["note"] = options.note
    before = store.alerts(options.lineage)
    _say(options.lineage, pipeline.choose_baseline(store, options.lineage, progress=show_progress, **choice))
    if options.first is not None and (lacks := _lacking(store.standings(options.lineage)[-1])):
        print(lacks, file=sys.stderr)
    if followers := store.followers(options.lineage):
        print(f"Judged again by it too: {safe_line(', '.join(followers))}.", file=sys.stderr)
    if options.reference:
        print(FROM_PEOPLE, file=sys.stderr)
    for said in choosing.silenced(before, store.alerts(options.lineage)):
        print(f"No alert by this baseline: {safe_line(said)}", file=sys.stderr)
    return 0


def _choice(options: Options) -> dict[str, Any]:
    """What was asked for; nothing where only the history is wanted."""
    asked = {"first": options.first, "like": options.like, "reference": options.reference or None}
    asked["cycles"] = parse_cycles(options.cycles) if options.cycles is not None else None
    return {name: value for name, value in asked.items() if value is not None}


def _lacking(last: Standing) -> str:
    """Said of first cycles some of which are still to come; empty where the baseline is whole."""
    have = len(last.baseline)
    said = f"It has {have} of these {last.wanted} so far; until all are there, nothing is judged."
    return "" if last.complete else said


def _say(lineage: str, choice: Choice) -> None:
    print(f"The baseline of '{safe_line(lineage)}' is {safe_line(choice.words)}.", file=sys.stderr)


def _show(store: Store, lineage: str) -> int:
    rows = store.baseline_history(lineage)
    _say(lineage, store.choice(lineage))
    if rows.empty:
        print("No other was ever chosen.")
        return 0
    words = {name: [Choice.parse(spec).words for spec in rows[name]] for name in ("baseline", "instead")}
    accepted = [f"from cycle {int(c)}" if c == c else "" for c in rows["accepted_cycle"]]
    shown = rows.assign(**words, accepted=accepted, pinned_at=rows["pinned_at"].dt.floor("s"))
    shown = shown.rename(columns={"pinned_at": "chosen", "instead": "before"})
    print_table(shown[["chosen", "baseline", "before", "accepted", "note"]])
    return 0
