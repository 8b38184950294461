"""Ingest, measure, judge: each reads what the one before wrote down, and writes down its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from metrics import engine
from metrics.core import METRICS, READERS, RULES, History, RawTable, Reader, Standing, TailwatchError, Trend
from metrics.fields import FACTS, clean, parse_mix
from metrics.gate import Gated, gate
from metrics.judging import check_result, conclude, episodes
from metrics.store import Store, Stored

Progress = Callable[[float, str], None]


def _silent(share: float, what: str) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did: the cycles stored, the rows rejected (row, reason, raw, cycle), and remarks."""

    stored: list[Stored]
    rejects: pd.DataFrame
    notes: list[str] = field(default_factory=list)


def summary(store: Store, report: IngestReport) -> dict[str, Any]:
    """What an ingest did, in plain values: stored, notes, rejected (count by reason), verdicts."""
    last = [(s.lineage, store.verdicts(s.lineage)) for s in report.stored]
    return {
        "stored": [
            {"lineage": s.lineage, "written": list(s.written), "unchanged": list(s.unchanged)}
            for s in report.stored
        ],
        "notes": list(report.notes),
        "rejected": {str(k): int(v) for k, v in report.rejects["reason"].value_counts().items()},
        "verdicts": [
            {"lineage": name, "cycle": v[-1].cycle, "status": v[-1].status, "message": v[-1].message}
            for name, v in last
            if v
        ],
    }


def find_reader(path: Path, name: str | None = None) -> Reader:
    """The reader of that name, or the one whose ending the file has."""
    if name is not None:
        return READERS.get(name)
    fits = [r for r in READERS.all().values() if path.name.lower().endswith(r.suffixes)]
    if not fits:
        endings = ", ".join(s for r in READERS.all().values() for s in r.suffixes)
        raise TailwatchError(
            f"'{path.name}' has no ending that is known;",
            f"known are {endings}.",
            f"Rename it, or say what it is with --format {'|'.join(READERS.all())}.",
        )
    return max(fits, key=lambda r: max(len(s) for s in r.suffixes if path.name.lower().endswith(s)))


def read(path: str | Path, format: str | None = None) -> RawTable:
    """Read one file as it is, untyped."""
    path = Path(path)
    if not path.is_file():
        raise TailwatchError(f"There is no file '{clean(str(path))}'.", do="Check the path.")
    return find_reader(path, format).read(path)


def ingest(
    store: Store,
    files: Sequence[str | Path | pd.DataFrame | RawTable],
    *,
    lineage: str | None = None,
    cycle: int | None = None,
    format: str | None = None,
    mapping: Mapping[str, str] | None = None,
    facts: Mapping[str, str] | None = None,
    replace: bool = False,
    progress: Progress = _silent,
) -> IngestReport:
    """Store the eval outputs in files, frames or raw tables, then measure and judge what they changed.

    `mapping` gives fields their columns, `facts` are those of the cycle (checkpoint, parent, mix, decoding,
    scorer, encoder, notes) and win over those in the rows. All cycles of one call are stored, or none.
    Raises TailwatchError with one sentence on bad input.
    """
    if not files:
        raise TailwatchError("There is nothing to ingest:", "no file was given.", "Name one or more.")
    progress(0.0, "Reading")
    gated = [_gate(item, format, lineage=lineage, cycle=cycle, mapping=mapping or {}) for item in files]
    outputs = pd.concat([g.outputs for g in gated], ignore_index=True)
    twice = outputs.duplicated(["lineage", "cycle", "example_id", "sample", "seed"])
    if twice.any():
        raise TailwatchError(
            "Two of the files hold the same example of the same cycle:",
            f"'{outputs['example_id'][twice].iloc[0]}' of cycle {outputs['cycle'][twice].iloc[0]}.",
            "Give one file per cycle, or each file its cycle column.",
        )
    found = _all_facts([g.facts for g in gated], facts or {})
    rejects = pd.concat([g.rejects for g in gated], ignore_index=True)
    progress(0.1, "Storing")
    source = clean(", ".join(Path(f).name for f in files if isinstance(f, str | Path)))[:400]
    stored = store.add(outputs, rejects, found, source=source, replace=replace)
    for result in stored:
        refresh(store, result.lineage, progress=progress)
    return IngestReport(stored, rejects, [note for g in gated for note in g.notes])


def _gate(item: str | Path | pd.DataFrame | RawTable, format: str | None, **options: Any) -> Gated:
    if isinstance(item, pd.DataFrame):
        item = RawTable(item, pd.DataFrame(columns=["row", "reason", "raw"]))
    raw = item if isinstance(item, RawTable) else read(item, format)
    result = gate(raw.rows, **options)
    unread = raw.rejects.assign(lineage=None, cycle=pd.array([pd.NA] * len(raw.rejects), dtype="Int64"))
    both = [part for part in (unread, result.rejects) if len(part)]
    rejects = pd.concat(both, ignore_index=True) if both else result.rejects
    return Gated(result.outputs, rejects, result.facts, result.notes)


def _all_facts(
    own: Sequence[Mapping[tuple[str, int], Mapping[str, str]]], given: Mapping[str, str]
) -> dict[tuple[str, int], dict[str, str]]:
    """The facts of each cycle: those of its rows, in whatever file they lie, and those given, which win."""
    found: dict[tuple[str, int], dict[str, str]] = {}
    for key, facts in ((k, f) for each in own for k, f in each.items()):
        mine = found.setdefault(key, {})
        for name, value in facts.items():
            if mine.setdefault(name, value) != value and name not in given:
                raise TailwatchError(
                    f"The files of cycle {key[1]} disagree on its {name}:",
                    f"'{mine[name][:40]}' and '{value[:40]}'.",
                    "A cycle has one.",
                )
    for mine in found.values():
        mine.update({clean(name): clean(value) for name, value in given.items()})
        _check_facts(mine)
    return found


def _check_facts(facts: Mapping[str, str]) -> None:
    unknown = sorted(set(facts) - set(FACTS))
    if unknown:
        raise TailwatchError(f"A cycle has no '{unknown[0][:40]}';", f"it has {', '.join(FACTS)}.")
    if "mix" in facts:
        parse_mix(facts["mix"])
    if "parent" in facts and not re.fullmatch("[0-9]{1,9}", facts["parent"]):
        raise TailwatchError("A parent is the number of a cycle;", f"got '{facts['parent'][:40]}'.")


def reference(
    store: Store,
    files: Sequence[str | Path | pd.DataFrame],
    *,
    lineage: str,
    format: str | None = None,
    mapping: Mapping[str, str] | None = None,
    progress: Progress = _silent,
) -> int:
    """Pin the human reference set of a lineage; returns the number of texts."""
    gated = [_gate(f, format, lineage=lineage, cycle=0, mapping=mapping or {}) for f in files]
    outputs = pd.concat([g.outputs for g in gated], ignore_index=True)
    store.set_reference(lineage, outputs)
    refresh(store, lineage, progress=progress)
    return len(outputs)


def refresh(store: Store, lineage: str | None = None, *, progress: Progress = _silent) -> list[str]:
    """Compute what is missing, for one lineage or all: idempotent, resumable, the cure after a crash.

    Returns the lineages that something was computed for.
    """
    names = [lineage] if lineage is not None else store.lineages()["lineage"].tolist()
    done = [name for name in names if _refresh_one(store, name, progress)]
    progress(1.0, "Done")
    return done


def _refresh_one(store: Store, lineage: str, progress: Progress) -> bool:
    worked = False
    # Somebody else may add a cycle while this one computes: then what is still missing is computed again.
    while True:
        state = store.state(lineage)
        if state is None:
            raise _no_lineage(store, lineage)
        if state.data_revision == state.measured_revision and not engine.outdated(store, lineage):
            return worked
        worked = True
        if not engine.measure(store, lineage, state, progress):
            continue
        if judge(store, lineage, state.data_revision):
            return True


def _no_lineage(store: Store, lineage: str) -> TailwatchError:
    names = store.lineages()["lineage"].tolist()
    found = f"it has {', '.join(names)}." if names else "it is empty."
    return TailwatchError(f"There is no lineage '{lineage}' in the store;", found, "Upload a cycle first.")


def history(store: Store, lineage: str) -> History:
    """All that was measured of a lineage, each value beside its baseline under the same comparison."""
    standings = store.standings(lineage)
    stored = store.all_values(lineage)
    catalog = METRICS.all()
    names = sorted({(k[2], k[1]) for k in stored if k[2] in catalog}, key=lambda k: (k[0], k[1] or ""))

    def value(standing: Standing, cycle: int, metric: str, part: str | None) -> Any:
        return stored.get((cycle, part, metric, catalog[metric].version, standing.comparison))

    trends = {}
    for name, part in names:
        own = tuple(value(s, s.cycle, name, part) for s in standings)
        base = tuple(
            tuple(v for v in (value(s, c, name, part) for c in s.baseline) if v is not None)
            for s in standings
        )
        trends[(name, part)] = Trend(catalog[name], part, own, base)
    return History(lineage, tuple(standings), trends)


def judge(store: Store, lineage: str, revision: int) -> bool:
    """Apply every rule to what was measured and store what they say; False where the data moved on."""
    past = history(store, lineage)
    said = [("early_warning", RULES.get("early_warning").evaluate(past, {}))]
    for user in store.rules(lineage):
        said.append((f"{user.kind}:{user.id}", RULES.get(user.kind).evaluate(past, user.options)))
    verdicts = conclude(past, said)
    return store.save_verdicts(lineage, verdicts, episodes(lineage, verdicts), revision)


def check(store: Store, lineage: str, cycle: int | None = None) -> dict[str, Any]:
    """The verdict after a cycle, by default the last, as outside scripts read it; brought up to date."""
    refresh(store, lineage)
    verdicts = store.verdicts(lineage)
    if not verdicts:
        raise TailwatchError(f"Lineage '{lineage}' has no cycle yet.", do="Upload one.")
    known = [v.cycle for v in verdicts]
    if cycle is not None and cycle not in known:
        raise TailwatchError(
            f"Lineage '{lineage}' has no cycle {cycle};", f"it has {', '.join(map(str, known))}."
        )
    upto = verdicts if cycle is None else verdicts[: known.index(cycle) + 1]
    return check_result(lineage, upto)
