"""n-grams counted once for all metrics, by prompt group; counts of several partitions merge into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from metrics import threads
from metrics.core import GROUPS
from metrics.kernels import kernel
from metrics.scanning import mixed
from metrics.table import buckets, parted, slot, width_for
from metrics.text import Hashes, Ints, Words

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Grams:
    """The k-grams of a collection of texts: one entry for each (type, prompt group) that occurs.

    `hashes` names the types. Parallel arrays of entries, those of a type in order of group: the `type` (an
    index into `hashes`), its `group`, in how many texts of that group it stands (`texts`), how often it does
    (`times`).
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
def _said(hashes: Array, starts: Array, order: Array, k: int) -> tuple[Array, Array]:
    """Every k-gram of texts taken in some order, and its text; none crosses from one text into the next."""
    room = 0
    for text in order:
        room += max(0, starts[text + 1] - starts[text] - k + 1)
    keys, source = np.empty(room, np.uint64), np.empty(room, np.int32)
    filled = 0
    for text in order:
        for at in range(starts[text], starts[text + 1] - k + 1):
            keys[filled], source[filled] = _gram(hashes, at, k), text
            filled += 1
    return keys, source


@kernel
def _added(
    keys: Array, source: Array, group: Array, texts: Array, times: Array, borders: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """Add up by key and group, a bucket at a time, so that its table stays in the processor's cache.

    What a key counts for is that of its source; `texts` counts once where a source says a key again. Sources
    come in order of group.
    """
    room, width = borders[-1] - borders[0] + 1, width_for(borders)
    table, type_at = np.empty(width, np.uint64), np.empty(width, np.int32)
    names, entry_of, source_of = np.empty(room, np.uint64), np.empty(room, np.int32), np.empty(room, np.int32)
    types, groups = np.empty(room, np.int32), np.empty(room, np.uint8)
    all_texts, all_times = np.empty(room, np.int32), np.empty(room, np.int32)
    known, entries = 0, 0
    for bucket in range(len(borders) - 1):
        table[:] = 0
        for i in range(borders[bucket], borders[bucket + 1]):
            key, mine = keys[i], source[i]
            place = slot(table, key)
            if table[place] == 0:
                table[place], type_at[place] = key, known
                names[known], entry_of[known], source_of[known] = key, -1, -1
                known += 1
            found = type_at[place]
            entry = entry_of[found]
            if entry < 0 or groups[entry] != group[mine]:
                entry = entries
                types[entry], groups[entry], all_texts[entry], all_times[entry] = found, group[mine], 0, 0
                entry_of[found] = entry
                entries += 1
            if source_of[found] != mine:
                all_texts[entry] += texts[mine]
                source_of[found] = mine
            all_times[entry] += times[mine]
    # A view would keep the room that was not needed.
    return (
        names[:known].copy(),
        types[:entries].copy(),
        groups[:entries].copy(),
        all_texts[:entries].copy(),
        all_times[:entries].copy(),
    )


@kernel
def keyed(rows: Array) -> Array:
    """The number of the gram whose words' hashes stand in each row, (grams, words)."""
    out = np.empty(len(rows), np.uint64)
    for i in range(len(rows)):
        out[i] = _gram(rows[i], 0, rows.shape[1])
    return out


@kernel
def _places(hashes: Array, starts: Array, names: Array, k: int) -> tuple[Array, Array, Array]:
    width = 4
    while width < 2 * len(names):
        width *= 2
    table, code, last = np.zeros(width, np.uint64), np.zeros(width, np.int64), np.full(len(names), -1)
    for i in range(len(names)):
        place = slot(table, names[i])
        table[place], code[place] = names[i], i
    which, source, at, filled = np.empty(64, np.int64), np.empty(64, np.int64), np.empty(64, np.int64), 0
    for text in range(len(starts) - 1):
        for word in range(starts[text], starts[text + 1] - k + 1):
            place = slot(table, _gram(hashes, word, k))
            if table[place] == 0 or last[code[place]] == text:
                continue
            if filled == len(which):
                which, source = np.concatenate((which, which)), np.concatenate((source, source))
                at = np.concatenate((at, at))
            which[filled], source[filled], at[filled] = code[place], text, word
            last[code[place]] = text
            filled += 1
    return which[:filled].copy(), source[:filled].copy(), at[:filled].copy()


def places(words: Words, names: Hashes, k: int) -> tuple[Ints, Ints, Ints]:
    """Where some k-grams stand: which of `names` (all different), in which text, from which word on.

    The first place in each text, in order of text; words are counted over all texts.
    """
    return _places(words.hashes, words.starts, names, k)


def _tallied(keys: Array, source: Array, group: Array, texts: Array, times: Array) -> Grams:
    """The types among the keys, and their entries; many keys by two threads, half of the buckets each."""
    keys, source, borders = parted(keys, source, buckets(len(keys)))
    middle = len(borders) // 2
    add = partial(_added, keys, source, group.astype(np.uint8), texts, times)
    with threads.two(len(keys)) as both:
        first, second = both(add, (borders[: middle + 1], borders[middle:]))
    names, types, *rest = zip(first, second, strict=True)
    shifted = types[0], types[1] + np.int32(len(names[0]))
    return Grams(np.concatenate(names), np.concatenate(shifted), *(np.concatenate(pair) for pair in rest))


def count(words: Words, group: Ints, k: int) -> Grams:
    """Count the k-grams of some texts, each of which belongs to a prompt group."""
    order = np.argsort(group.astype(np.uint8), kind="stable")
    once = np.ones(len(group), np.int32)
    return _tallied(*_said(words.hashes, words.starts, order, k), group, once, once)


def merged(parts: Sequence[Grams]) -> Grams:
    """The k-grams of all partitions together: the same, up to the order of types, as counting in one go."""
    if len(parts) == 1:
        return parts[0]
    keys = np.concatenate([part.hashes[part.type] for part in parts])
    group, texts, times = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("group", "texts", "times")
    )
    order = np.argsort(group, kind="stable").astype(np.int32)
    return _tallied(keys[order], order, group, texts, times)


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
