"""Open-addressing tables from 64-bit keys to small numbers, for compiled loops; key 0 is an empty place.

A table larger than the processor's cache costs a wait at every look. So keys are parted into buckets by their
highest bits, and each bucket has a table of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from metrics.kernels import kernel

Array = npt.NDArray[Any]

# At most 2 ** MOST_BITS buckets, and about so many keys in each of fewer ones.
MOST_BITS, BUCKET = 8, 4096


@kernel
def slot(keys: Array, key: np.uint64) -> int:
    """Where a key stands in an open table, or the empty place where it belongs."""
    mask = np.uint64(len(keys) - 1)
    at = key & mask
    while keys[at] != 0 and keys[at] != key:
        at = (at + np.uint64(1)) & mask
    return int(at)


@kernel
def width_for(borders: Array) -> int:
    """The size of a table that the largest bucket fills by half, a power of 2."""
    largest, width = np.diff(borders).max(), 4
    while width < 2 * largest:
        width *= 2
    return width


def buckets(keys: int) -> int:
    """The bits by which so many keys are parted."""
    return min(MOST_BITS, max(1, (keys // BUCKET).bit_length()))


@kernel
def parted(keys: Array, source: Array, bits: int) -> tuple[Array, Array, Array]:
    """The same by the highest bits of the key, their order kept, and the borders between them."""
    shift = np.uint64(64 - bits)
    borders = np.zeros((1 << bits) + 1, np.int64)
    for key in keys:
        borders[np.int64(key >> shift) + 1] += 1
    borders = np.cumsum(borders)
    free = borders[:-1].copy()
    sorted_keys, sorted_source = np.empty_like(keys), np.empty_like(source)
    for i in range(len(keys)):
        bucket = np.int64(keys[i] >> shift)
        sorted_keys[free[bucket]], sorted_source[free[bucket]] = keys[i], source[i]
        free[bucket] += 1
    return sorted_keys, sorted_source, borders


@kernel
def _code(keys: Array, source: Array, borders: Array, codes: Array) -> Array:
    width = width_for(borders)
    table, code_at = np.empty(width, np.uint64), np.empty(width, np.int32)
    example, known = np.empty(len(keys), np.int64), 0
    for bucket in range(len(borders) - 1):
        table[:] = 0
        for i in range(borders[bucket], borders[bucket + 1]):
            place = slot(table, keys[i])
            if table[place] == 0:
                table[place], code_at[place], example[known] = keys[i], known, source[i]
                known += 1
            codes[source[i]] = code_at[place]
    return example[:known].copy()


def coded(keys: Array) -> tuple[Array, Array]:
    """A code from 0 for each different key, none of them 0: of every key, and where each code comes first.

    >>> codes, first = coded(np.array([7, 9, 7], np.uint64))
    >>> bool(codes[0] == codes[2] != codes[1]), sorted(first.tolist())
    (True, [0, 1])
    """
    codes = np.empty(len(keys), np.int64)
    return codes, _code(*parted(keys, np.arange(len(keys), dtype=np.int32), buckets(len(keys))), codes)
