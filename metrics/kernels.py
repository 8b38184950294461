"""What compiled metrics share: the decorator that compiles a loop, and the shape in which texts come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import njit

from metrics.core import GROUPS

F = TypeVar("F", bound=Callable[..., Any])
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]

# One machine word holds the places of a text's words: the token budget of `metrics.text`.
LONGEST = 64


def kernel(function: F) -> F:
    """Compile a loop over arrays at its first call, free of the global lock; the machine code stays on disk.

    numba notices a change only in a function's own file: kernels that call each other live together.
    """
    try:
        return cast(F, njit(cache=True, nogil=True)(function))
    except RuntimeError:  # there is no folder to write to: compiled anew in every process
        return cast(F, njit(nogil=True)(function))


def checked(tokens: Words, starts: Ints, group: Ints, longest: int | None = None) -> tuple[Words, Ints, Ints]:
    """The three arrays in the layout that kernels are compiled for: another one would compile again.

    Compiled code looks at no bounds: what does not fit together has to be found here.
    """
    lengths = np.diff(starts)
    if len(starts) != len(group) + 1:
        raise ValueError(f"{len(group)} texts need {len(group) + 1} starts, found {len(starts)}.")
    if starts[0] != 0 or starts[-1] != len(tokens) or lengths.min(initial=0) < 0:
        raise ValueError(f"The starts do not rise from 0 to the number of words, {len(tokens)}.")
    if longest is not None and lengths.max(initial=0) > longest:
        raise ValueError(f"A text has {lengths.max()} words: cut texts to {longest} words first.")
    if len(group) and not 0 <= np.min(group) <= np.max(group) < GROUPS:
        raise ValueError(f"Groups are 0 to {GROUPS - 1}, found {np.min(group)} to {np.max(group)}.")
    return (
        np.require(tokens, np.uint64, ["C", "W"]),
        np.require(starts, np.int64, ["C", "W"]),
        np.require(group, np.int64, ["C", "W"]),
    )
