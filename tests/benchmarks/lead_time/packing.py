"""A measured lineage as a few arrays, for the disk, and back; a history is read from it as from a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from metrics.core import GROUPS, MetricValue, Standing
from metrics.store.measured import ValueKey
from tests.benchmarks.lead_time.memory import LINEAGE, Memory

Arrays = dict[str, npt.NDArray[Any]]
NOTHING = ""
EXACT, ROUNDED = ("value",), ("raw", "low", "high", "n", "step")


def _column(values: Sequence[float | None], kind: type) -> npt.NDArray[Any]:
    return np.array([np.nan if v is None else v for v in values], kind)


def packed(store: Memory) -> Arrays:
    """The standings and values of a lineage. Everything but a value itself is kept in single precision.

    What no verdict reads is left out: how often each type was seen.
    """
    values = store.all_values(LINEAGE)
    found: Arrays = {
        "key": np.array([_named(key) for key in values]),
        "status": np.array([v.status for v in values.values()]),
        "note": np.array([v.note or NOTHING for v in values.values()]),
        "replicates": np.array([v.replicates or [np.nan] * GROUPS for v in values.values()], np.float32),
    }
    for names, kind in ((EXACT, np.float64), (ROUNDED, np.float32)):
        found |= {n: _column([getattr(v, n) for v in values.values()], kind) for n in names}
    for name in ("key", "status", "note"):
        found[f"{name}s"], codes = np.unique(found[name], return_inverse=True)
        found[name] = codes.astype(np.uint16)
    return found | _placed(store.standings(LINEAGE)) | _scored(store)


def _scored(store: Memory) -> Arrays:
    """How often each score was given in each cycle: scores are ranks, so there are few different ones."""
    cycles = sorted(store.output_counts(LINEAGE))
    rows = [store.outputs(LINEAGE, [cycle])["score"].to_numpy(float) for cycle in cycles]
    levels, codes = np.unique(np.concatenate([*rows, np.zeros(0)]), return_inverse=True)
    place = np.repeat(np.arange(len(cycles)), [len(each) for each in rows])
    counts = np.bincount(place * len(levels) + codes, minlength=len(cycles) * len(levels))
    return {
        "scored": np.array(cycles, np.int32),
        "score_levels": levels,
        "score_counts": counts.reshape(len(cycles), len(levels)).astype(np.int32),
    }


def scores(arrays: Arrays) -> dict[int, npt.NDArray[np.float64]]:
    """The scores of each cycle's rows, from the lowest to the highest: which row had which is not kept."""
    each = zip(arrays["scored"].tolist(), arrays["score_counts"], strict=True)
    return {cycle: np.repeat(arrays["score_levels"], counts) for cycle, counts in each}


def _placed(standings: Sequence[Standing]) -> Arrays:
    return {
        "place": np.array([(s.cycle, s.segment, s.complete, len(s.baseline)) for s in standings], np.int32),
        "baseline": np.array([c for s in standings for c in s.baseline], np.int32),
        "under": np.array([s.comparison for s in standings]),
        "why": np.array([s.note or NOTHING for s in standings]),
    }


def _named(key: ValueKey) -> str:
    cycle, part, metric, version, comparison = key
    return "\t".join([str(cycle), part or NOTHING, metric, str(version), comparison])


def unpacked(arrays: Arrays) -> Memory:
    """The lineage that was packed."""
    store, known = Memory(), {name: array.tolist() for name, array in arrays.items()}
    values = []
    for i, code in enumerate(known["key"]):
        cycle, part, metric, version, comparison = known["keys"][code].split("\t")
        numbers: dict[str, Any] = {n: _number(known[n][i]) for n in (*EXACT, *ROUNDED)}
        values.append(
            (
                comparison,
                MetricValue(
                    *(int(cycle), metric, int(version), part or None, known["statuss"][known["status"][i]]),
                    **numbers,
                    replicates=_replicates(known["replicates"][i]),
                    note=known["notes"][known["note"][i]] or None,
                ),
            )
        )
    store.save_values(LINEAGE, values, {})
    store.save_standings(LINEAGE, _standings(known), {}, 0)
    return store


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


def _replicates(values: list[float]) -> tuple[float, ...]:
    return () if np.isnan(values[0]) else tuple(values)


def _standings(known: dict[str, list[Any]]) -> list[Standing]:
    found, baseline = [], iter(known["baseline"])
    for (cycle, segment, complete, length), under, why in zip(
        known["place"], known["under"], known["why"], strict=True
    ):
        base = tuple(next(baseline) for _ in range(length))
        found.append(Standing(cycle, segment, under, base, bool(complete), why or None))
    return found
