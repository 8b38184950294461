"""n-grams counted once for all metrics, by prompt group; counts of several partitions merge into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from metrics.core import GROUPS
from metrics.kernels import kernel
from metrics.scanning import mixed
from metrics.table import grown, slot
from metrics.text import Hashes, Ints, Words

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Grams:
    """The k-grams of a collection of texts: one entry for each (type, prompt group) that occurs.

    `hashes` names the types. Parallel arrays of entries, in order of group: the `type` (an index into
    `hashes`), its `group`, in how many texts of that group it stands (`texts`), how often (`times`).
    """

    hashes: Hashes
    type: npt.NDArray[np.int32]
    group: npt.NDArray[np.uint8]
    texts: npt.NDArray[np.int32]
    times: npt.NDArray[np.int32]


@kernel
def _gram(hashes: Array, at: int, k: int) -> np.uint64:
    """One number for the k words from a place on; never 0, which marks an empty place."""
    key = hashes[at]
    for step in range(1, k):
        key = mixed(key * np.uint64(0x9E3779B97F4A7C15) + hashes[at + step])
    return max(key, np.uint64(1))


@kernel
def _count(
    hashes: Array, starts: Array, order: Array, group: Array, k: int
) -> tuple[Array, Array, Array, Array, Array]:
    """Count the k-grams of texts taken in order of group; no k-gram crosses from one text into the next."""
    room = 1
    for text in order:
        room += max(0, starts[text + 1] - starts[text] - k + 1)
    keys, type_at = np.zeros(1 << 12, np.uint64), np.zeros(1 << 12, np.int32)
    names, entry_of, text_of = np.empty(room, np.uint64), np.empty(room, np.int32), np.empty(room, np.int32)
    types, groups = np.empty(room, np.int32), np.empty(room, np.uint8)
    texts, times = np.empty(room, np.int32), np.empty(room, np.int32)
    known, entries = 0, 0
    for text in order:
        mine = group[text]
        for at in range(starts[text], starts[text + 1] - k + 1):
            key = _gram(hashes, at, k)
            place = slot(keys, key)
            if keys[place] == 0:
                keys[place], type_at[place] = key, known
                names[known], entry_of[known], text_of[known] = key, -1, -1
                known += 1
            found = type_at[place]
            entry = entry_of[found]
            if entry < 0 or groups[entry] != mine:
                entry = entries
                types[entry], groups[entry], texts[entry], times[entry] = found, mine, 0, 0
                entry_of[found] = entry
                entries += 1
            if text_of[found] != text:
                texts[entry] += 1
                text_of[found] = text
            times[entry] += 1
            if 2 * known > len(keys):
                keys, type_at = grown(keys, type_at)
    return names[:known], types[:entries], groups[:entries], texts[:entries], times[:entries]


@kernel
def _merge(
    keys_of: Array, group: Array, texts: Array, times: Array, order: Array, width: int
) -> tuple[Array, Array, Array, Array, Array]:
    """Add up entries, given in order of group, that share key and group."""
    room = len(order) + 1
    keys, type_at = np.zeros(width, np.uint64), np.zeros(width, np.int32)
    names, entry_of = np.empty(room, np.uint64), np.empty(room, np.int32)
    types, groups = np.empty(room, np.int32), np.empty(room, np.uint8)
    all_texts, all_times = np.zeros(room, np.int32), np.zeros(room, np.int32)
    known, entries = 0, 0
    for i in order:
        place = slot(keys, keys_of[i])
        if keys[place] == 0:
            keys[place], type_at[place] = keys_of[i], known
            names[known], entry_of[known] = keys_of[i], -1
            known += 1
        found = type_at[place]
        entry = entry_of[found]
        if entry < 0 or groups[entry] != group[i]:
            entry = entries
            types[entry], groups[entry] = found, group[i]
            entry_of[found] = entry
            entries += 1
        all_texts[entry] += texts[i]
        all_times[entry] += times[i]
    return names[:known], types[:entries], groups[:entries], all_texts[:entries], all_times[:entries]


def count(words: Words, group: Ints, k: int) -> Grams:
    """Count the k-grams of some texts, each of which belongs to a prompt group."""
    order = np.argsort(group.astype(np.uint8), kind="stable")
    return Grams(*_count(words.hashes, words.starts, order, group, k))


def merged(parts: Sequence[Grams]) -> Grams:
    """The k-grams of all partitions together: the same, up to the order of types, as counting in one go."""
    if len(parts) == 1:
        return parts[0]
    keys = np.concatenate([part.hashes[part.type] for part in parts])
    group, texts, times = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("group", "texts", "times")
    )
    width = 1 << int(np.ceil(np.log2(2 * len(keys) + 2)))
    return Grams(*_merge(keys, group, texts, times, np.argsort(group, kind="stable"), width))


def standing(grams: Grams, names: Hashes) -> tuple[Ints, Ints, Ints]:
    """The entries of the types that are among `names` (sorted): type, group, texts."""
    wanted = np.isin(grams.hashes, names)
    kept = wanted[grams.type]
    return (
        grams.type[kept].astype(np.int64),
        grams.group[kept].astype(np.int64),
        grams.texts[kept].astype(np.int64),
    )


def texts_by_group(group: Ints) -> Ints:
    """How many texts each prompt group has."""
    return np.bincount(group, minlength=GROUPS).astype(np.int64)
