"""An open-addressing table from 64-bit keys to small numbers, for compiled loops; key 0 is an empty place."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from metrics.kernels import kernel

Array = npt.NDArray[Any]


@kernel
def slot(keys: Array, key: np.uint64) -> int:
    """Where a key stands in an open table, or the empty place where it belongs."""
    mask = np.uint64(len(keys) - 1)
    at = key & mask
    while keys[at] != 0 and keys[at] != key:
        at = (at + np.uint64(1)) & mask
    return int(at)


@kernel
def grown(keys: Array, values: Array) -> tuple[Array, Array]:
    """The same table with four times the room."""
    wider, moved = np.zeros(4 * len(keys), np.uint64), np.zeros(4 * len(keys), np.int32)
    for i in range(len(keys)):
        if keys[i] != 0:
            at = slot(wider, keys[i])
            wider[at], moved[at] = keys[i], values[i]
    return wider, moved
