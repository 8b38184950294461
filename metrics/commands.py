"""What each command does: one call of the pipeline or the store, and what of it is printed."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metrics.core import SEVERITIES, TailwatchError
from metrics.printing import (
    cycles_text,
    parse_cycles,
    print_rows,
    print_table,
    safe_cell,
    safe_line,
    show_progress,
)

if TYPE_CHECKING:
    import pandas as pd

    from metrics.store import Store

Options = argparse.Namespace


def open_store(options: Options, must_exist: bool = True) -> Store:
    """The store that --db names."""
    from metrics.store import Store

    if must_exist and not Path(options.db).exists():
        raise TailwatchError(
            f"There is no store '{options.db}'.", do="Ingest a cycle first, or name the store with --db FILE."
        )
    return Store(options.db)


def lineage_of(options: Options, store: Store) -> str | None:
    """The lineage that --lineage names, or None; one that is not there is a mistake."""
    if options.lineage is not None and store.state(options.lineage) is None:
        names = ", ".join(store.lineages()["lineage"])
        raise TailwatchError(f"There is no lineage '{options.lineage}' in the store;", f"it has {names}.")
    return str(options.lineage) if options.lineage is not None else None


def pairs(items: Sequence[str]) -> dict[str, str]:
    """FIELD=COLUMN as a mapping."""
    mapping = {}
    for item in items:
        name, sign, column = item.partition("=")
        if not sign or not name or not column:
            raise TailwatchError(
                f"--map takes FIELD=COLUMN; got '{item}'.", do="For example --map output=answer."
            )
        mapping[name] = column
    return mapping


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
    for v in done["verdicts"]:
        print(safe_line(f"{v['lineage']}, cycle {v['cycle']}: {v['status']}. {v['message']}"))


def reference(options: Options) -> int:
    """Pin the human reference set."""
    from metrics import pipeline

    store = open_store(options, must_exist=False)
    count = pipeline.reference(
        store,
        options.files,
        lineage=options.lineage,
        format=options.format,
        mapping=pairs(options.map),
        progress=show_progress,
    )
    print(f"Pinned {count} reference texts for '{safe_line(options.lineage)}'.", file=sys.stderr)
    return 0


def refresh(options: Options) -> int:
    """Compute what is missing."""
    from metrics import pipeline

    done = pipeline.refresh(open_store(options), options.lineage, progress=show_progress)
    print(
        f"Computed: {', '.join(map(safe_line, done))}." if done else "Nothing was missing.", file=sys.stderr
    )
    return 0


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


def cycles(options: Options) -> int:
    """List, rename or delete cycles."""
    from metrics import pipeline

    store = open_store(options)
    pipeline.refresh(store, options.lineage, progress=show_progress)
    if options.rename:
        number, sign, label = options.rename.partition("=")
        if not sign or not re.fullmatch("[0-9]{1,9}", number.strip()) or not label.strip():
            raise TailwatchError(f"--rename takes N=LABEL; got '{options.rename}'.")
        store.rename_cycle(options.lineage, int(number), label)
    elif options.delete is not None:
        store.delete_cycle(options.lineage, options.delete)
        pipeline.refresh(store, options.lineage, progress=show_progress)
    facts = ["checkpoint", "parent", "mix", "decoding"]
    shown = ["cycle", "label", *facts, "outputs", "rejected", "ingested_at"]
    print_table(store.cycles(options.lineage)[shown])
    return 0


def metrics(options: Options) -> int:
    """Print every value."""
    from metrics import pipeline

    store = open_store(options)
    pipeline.refresh(store, options.lineage, progress=show_progress)
    rows = _values(store, options.lineage)
    if options.size is not None:
        rows = pipeline.at_size(store, options.lineage, options.size, rows)
    print_rows(rows, options.format)
    return 0


def _values(store: Store, lineage: str) -> pd.DataFrame:
    rows = store.values(lineage)
    return rows.assign(n=rows["n"].round().astype("Int64"))


def check(options: Options) -> int:
    """Print the verdict."""
    from metrics import pipeline, reports

    result = pipeline.check(open_store(options), options.lineage, options.cycle)
    print(reports.FORMATS[options.format](result))
    line = SEVERITIES.index(options.fail_on)
    return int(any(SEVERITIES.index(a["severity"]) >= line for a in result["alerts"]))


def alerts(options: Options) -> int:
    """List alerts or acknowledge one."""
    store = open_store(options)
    if options.acknowledge:
        store.acknowledge(options.acknowledge, options.note)
    span = ["since_cycle", "first_cycle", "last_cycle"]
    shown = ["id", "lineage", "state", "severity", "metric", "slice", *span]
    rows = store.alerts(lineage_of(options, store))
    print_rows(rows[[*shown, "message"]] if options.format == "table" else rows, options.format)
    return 0


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


def catalog(options: Options) -> int:
    """What is measured, and how."""
    from metrics.core import METRICS

    if options.metric:
        m = METRICS.get(options.metric)
        print(f"{m.name} (version {m.version}, {m.family}, healthy: {m.healthy})")
        print(f"\n{m.doc}\n\nSource: {m.source}")
        return 0
    for m in METRICS.all().values():
        votes = "votes" if m.votes else ""
        print(f"{m.name:<20} {m.family:<11} healthy: {m.healthy:<10} {votes:<6} {m.doc.splitlines()[0]}")
    return 0


def export(options: Options) -> int:
    """Write values, verdicts and alerts as CSV."""
    import pandas as pd

    store = open_store(options)
    folder = Path(options.to)
    if not folder.is_dir():
        raise TailwatchError(f"There is no folder '{folder}'.", do="Make it first.")
    one = lineage_of(options, store)
    names = [one] if one is not None else store.lineages()["lineage"].tolist()
    said = [
        {"lineage": n, **{k: v for k, v in vars(x).items() if k != "findings"}}
        for n in names
        for x in store.verdicts(n)
    ]
    tables = {
        "values": pd.concat([_values(store, n) for n in names]) if names else pd.DataFrame(),
        "verdicts": pd.DataFrame(said),
        "alerts": store.alerts(one),
    }
    for name, rows in tables.items():
        rows.map(safe_cell).to_csv(folder / f"{name}.csv", index=False)
        print(f"Wrote {folder / f'{name}.csv'}: {len(rows)} rows.", file=sys.stderr)
    return 0
