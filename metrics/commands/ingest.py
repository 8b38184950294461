"""`tailwatch ingest`."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from metrics.asking import Options, Parser, command, files, open_store, pairs
from metrics.baselines import cycles_text
from metrics.core import TailwatchError
from metrics.printing import safe_line, show_progress


def _arguments(p: Parser) -> None:
    files(p)
    p.add_argument("--cycle", type=int, metavar="N", help="retraining cycle, where the rows do not say")
    p.add_argument("--score", metavar="NAME", help="the column to take as score")
    p.add_argument("--mix", metavar="KIND=COUNT,...", help="training mix: human=20000,generative=80000")
    p.add_argument("--checkpoint", metavar="ID", help="the model that wrote the outputs")
    p.add_argument("--parent", type=int, metavar="N", help="the cycle it was trained from")
    p.add_argument("--decoding", metavar="K=V,...", help="sampling settings: temperature=0.7,top_p=0.9")
    p.add_argument("--replace", action="store_true", help="put a cycle in the place of one that is there")


@command(
    "ingest", "store eval outputs, measure and judge them", place=30, lineage="optional", arguments=_arguments
)
def ingest(options: Options) -> int:
    """Store, measure and judge the outputs in files, here or on the server that TAILWATCH_URL names."""
    mapping = pairs(options.map) | ({"score": options.score} if options.score else {})
    named = ("mix", "checkpoint", "decoding")
    facts = {n: getattr(options, n) for n in named if getattr(options, n) is not None}
    facts |= {} if options.parent is None else {"parent": str(options.parent)}
    facts |= {"scorer": options.score} if options.score else {}
    chosen = {n: getattr(options, n) for n in ("lineage", "cycle", "format", "replace")}
    chosen |= {"mapping": mapping, "facts": facts}
    url = os.environ.get("TAILWATCH_URL")
    for done in _sent(url, options.files, chosen) if url else [_stored(options, chosen)]:
        _say_stored(done)
    return 0


def _sent(url: str, files: Sequence[str], chosen: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    from metrics import remote

    if len(files) > 1:
        raise TailwatchError(
            "A server takes one file at a time, and stores each whole;",
            f"{len(files)} were given.",
            "Join them, or send them one after the other.",
        )
    for file in files:
        yield remote.send(url, os.environ.get("TAILWATCH_TOKEN", ""), file, chosen)


def _stored(options: Options, chosen: dict[str, Any]) -> dict[str, Any]:
    from metrics import pipeline

    store = open_store(options, must_exist=False)
    return pipeline.summary(store, pipeline.ingest(store, options.files, progress=show_progress, **chosen))


def _say_stored(done: Mapping[str, Any]) -> None:
    for stored in done["stored"]:
        name = safe_line(stored["lineage"])
        if stored["written"]:
            print(f"Stored {cycles_text(stored['written'])} of '{name}'.", file=sys.stderr)
        if stored["unchanged"]:
            print(
                f"There already, the same: {cycles_text(stored['unchanged'])} of '{name}'.", file=sys.stderr
            )
    for note in done["notes"]:
        print(f"Note: {safe_line(note)}", file=sys.stderr)
    if done["rejected"]:
        total = sum(done["rejected"].values())
        print(f"{total} {'row was' if total == 1 else 'rows were'} rejected and kept apart:", file=sys.stderr)
        for reason, count in list(done["rejected"].items())[:10]:
            print(f"  {count} because {safe_line(reason)}", file=sys.stderr)
        names = {safe_line(stored["lineage"]) for stored in done["stored"]}
        one = shlex.quote(names.pop()) if len(names) == 1 else "L"
        print(f"`tailwatch cycles --lineage {one} --rejected N` shows those of cycle N.", file=sys.stderr)
    for v in done["verdicts"]:
        print(safe_line(f"{v['lineage']}, cycle {v['cycle']}: {v['status']}. {v['message']}"))
