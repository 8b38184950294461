"""From files to what may be stored: read, sent through its gate, joined, and checked once more as a whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from metrics import aggregates
from metrics.comparison import MOST_SLICES, slice_names
from metrics.core import READERS, RawTable, Reader, TailwatchError
from metrics.fields import FACTS, clean, parse_mix
from metrics.gate import Gated, gate, no_outputs

Item = str | Path | pd.DataFrame | RawTable


@dataclass(frozen=True)
class Intake:
    """What several files hold together: outputs, aggregates, rejected rows, facts by cycle, and remarks."""

    outputs: pd.DataFrame
    aggregates: pd.DataFrame
    rejects: pd.DataFrame
    facts: dict[tuple[str, int], dict[str, str]]
    notes: list[str]


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


def take(
    files: Sequence[Item],
    *,
    lineage: str | None = None,
    cycle: int | None = None,
    format: str | None = None,
    mapping: Mapping[str, str] | None = None,
    facts: Mapping[str, str] | None = None,
) -> Intake:
    """Read and check files, frames or raw tables, outputs and aggregates alike."""
    gated = _gate_all(files, format, mapping or {}, lineage=lineage, cycle=cycle)
    outputs = [g.outputs for g in gated if len(g.outputs)]
    found = Intake(
        pd.concat(outputs, ignore_index=True) if outputs else no_outputs(),
        aggregates.joined([g.aggregates for g in gated]),
        pd.concat([g.rejects for g in gated], ignore_index=True),
        _all_facts([g.facts for g in gated], facts or {}),
        [note for g in gated for note in [*g.notes, *_unmeasured(g.outputs)]],
    )
    twice = found.outputs.duplicated(["lineage", "cycle", "example_id", "sample", "seed"])
    if twice.any():
        row = found.outputs[twice].iloc[0]
        raise TailwatchError(
            "Two of the files hold the same example of the same cycle:",
            f"'{row['example_id']}' of cycle {row['cycle']}.",
            "Give one file per cycle, or each file its cycle column.",
        )
    return found


def _unmeasured(outputs: pd.DataFrame) -> list[str]:
    """A word on the cycle with most slices where it has more than are measured."""
    counts = [len(slice_names(part)) for _, part in outputs.groupby(["lineage", "cycle"])]
    most = max(counts, default=0)
    if most <= MOST_SLICES:
        return []
    return [f"A cycle has {most} slices; the {MOST_SLICES} with most rows are measured."]


def _gate_all(
    files: Sequence[Item], format: str | None, mapping: Mapping[str, str], **place: Any
) -> list[Gated]:
    gated, used = [], set()
    for item in files:
        raw = _raw(item, format)
        # Beside a file of the other kind, a field that only that one knows is not missing in this one.
        own = mapping if len(files) == 1 else aggregates.fitting(raw.rows, mapping)
        used |= set(own)
        gated.append(_gate(raw, mapping=own, **place))
    for name in sorted(set(mapping) - used):
        raise TailwatchError(f"No file has a column '{mapping[name][:40]}' to map to {name[:40]}.")
    return gated


def _raw(item: Item, format: str | None) -> RawTable:
    if isinstance(item, pd.DataFrame):
        return RawTable(item, pd.DataFrame(columns=["row", "reason", "raw"]))
    return item if isinstance(item, RawTable) else read(item, format)


def _gate(raw: RawTable, *, mapping: Mapping[str, str], **place: Any) -> Gated:
    door = aggregates.gate if aggregates.is_upload(raw.rows, mapping) else gate
    result = door(raw.rows, mapping=mapping, **place)
    unread = raw.rejects.assign(lineage=None, cycle=pd.array([pd.NA] * len(raw.rejects), dtype="Int64"))
    both = [part for part in (unread, result.rejects) if len(part)]
    rejects = pd.concat(both, ignore_index=True) if both else result.rejects
    return replace(result, rejects=rejects)


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
                    "A cycle has one; what is given for all of it wins, such as --checkpoint.",
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
