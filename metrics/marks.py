"""What an eval set says of its prompts beside their words: the right class of each, and its weight.

A model that narrows changes neither. Where they change, recall and every weighted mean move by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# A larger share of the prompts with another label, or of the natural mass at other prompts, is another
# evaluation. A few corrected labels, and weights estimated anew, are not: nobody begins anew for these.
RELABELLED, REWEIGHTED = 0.02, 0.05


@dataclass(frozen=True)
class Marks:
    """The marks of one cycle's prompts, (P,) each, in order of prompt.

    `labels`: a name for each prompt's class, 0 where it has none or several; `weights`: above 0; `worded`:
    whether any prompt came with its words.
    """

    prompts: npt.NDArray[np.int64]
    labels: npt.NDArray[np.uint64]
    weights: npt.NDArray[np.float64]
    worded: bool = True


def changed(now: Marks | None, then: Sequence[Marks | None], name: str) -> str | None:
    """How the marks of a cycle's prompts differ from those of comparable cycles, in words; else None.

    `name` is what the first of those is called. A mark that two of them have not in common is none of the
    prompts': some evals draw what they ask under the same names, cycle by cycle.
    """
    known = [each for each in then if each is not None]
    if now is None or len(known) < 2:
        return None
    for tells in (_labels, _weights):
        said = tells(now, known[0], name)
        if said and not any(tells(other, known[0], name) for other in known[1:]):
            return said
    return None


def _both(now: Marks, then: Marks) -> tuple[npt.NDArray[np.intp] | slice, npt.NDArray[np.intp] | slice]:
    """Where the prompts that both asked stand in each."""
    if np.array_equal(now.prompts, then.prompts):
        return slice(None), slice(None)
    _, mine, theirs = np.intersect1d(now.prompts, then.prompts, assume_unique=True, return_indices=True)
    return mine, theirs


def _labels(now: Marks, then: Marks, name: str) -> str | None:
    mine, theirs = _both(now, then)
    a, b = now.labels[mine], then.labels[theirs]
    known = (a != 0) & (b != 0)
    other, asked = int((a != b)[known].sum()), int(known.sum())
    if other <= RELABELLED * asked:
        return None
    return f"{other} of the {asked} labelled prompts that it shares with {name} have another label there"


def _weights(now: Marks, then: Marks, name: str) -> str | None:
    mine, theirs = _both(now, then)
    a, b = now.weights[mine], then.weights[theirs]
    if not len(a) or np.abs(a / a.sum() - b / b.sum()).sum() / 2 <= REWEIGHTED:
        return None
    if np.ptp(a) == 0:
        return f"its prompts have no weights, those of {name} have"
    if np.ptp(b) == 0:
        return f"its prompts have weights, those of {name} have none"
    return f"its prompts are weighted otherwise than those of {name}"


def unlike_words(now: Marks | None, then: Marks | None, name: str) -> str | None:
    """Said where one cycle's prompts came with their words and the other's without: no two are the same."""
    if now is None or then is None or now.worded == then.worded:
        return None
    mine, theirs = ("texts", "have none") if now.worded else ("no texts", "have")
    return f"its prompts have {mine}, those of {name} {theirs}: give the column 'prompt' always or never"
