"""The one tokenizer, and the words of whole columns of texts."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from metrics import scanning, threads

VERSION = "words-2"
TOKEN_BUDGET = 64

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]

# Scripts written without spaces fall to single characters; a pictograph is a token of its own.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
)
PICTOGRAPHS = "\u2600-\u27bf\U0001f300-\U0001faff"
_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f"
_LETTER = rf"[^\W{UNSPACED}]"
_WORD = re.compile(rf"[{UNSPACED}]|{_LETTER}(?:{_LETTER}|[{_MARKS}]|['’](?={_LETTER}))*|[{PICTOGRAPHS}]")


def tokenize(text: str, budget: int | None = TOKEN_BUDGET) -> list[str]:
    """Split a text into lower-case words, at most `budget` of them.

    >>> tokenize("Don't panic: 42 naïve TOWELS!")
    ["don't", 'panic', '42', 'naïve', 'towels']
    >>> tokenize("日本語 ok")
    ['日', '本', '語', 'ok']
    """
    found = _WORD.finditer(unicodedata.normalize("NFC", text).lower())
    return [match.group() for match in itertools.islice(found, budget)]


@dataclass(frozen=True)
class Words:
    """The words of n texts as 64-bit hashes, at most TOKEN_BUDGET of each; two of 10^7 words collide once
    in 400,000 times.

    Text i has `hashes[starts[i]:starts[i + 1]]`. Per text: `lengths` counts all its words, `digests` names
    it without outer spaces (0 where it is blank), `covered` says how many bytes of its UTF-8 the budget
    reaches, `sentences` has two columns, its sentences and the complex ones among them.
    """

    hashes: Hashes
    starts: Ints
    lengths: Ints
    digests: Hashes
    covered: Ints
    sentences: Ints


def words(texts: pd.Series | Sequence[str | None]) -> Words:
    """The words of a column of texts; a missing text is empty."""
    data, offsets = as_bytes(texts)
    largest = data[offsets[0] : offsets[-1]].max(initial=0)
    most = next(characters for byte, characters in scanning.REACH if largest < byte)
    scan = partial(_scan, data, scanning.tables(UNSPACED, PICTOGRAPHS, most))
    middle = (len(offsets) - 1) // 2
    with threads.two(int(offsets[-1] - offsets[0])) as both:
        halves = list(both(scan, (offsets[: middle + 1], offsets[middle:])))
    hashes, starts, *rest = zip(*halves, strict=True)
    starts = (starts[0], starts[1][1:] + len(hashes[0]))
    *found, odd = (np.concatenate(pair) for pair in (hashes, starts, *rest))
    result = Words(*found)
    return _with_odd(result, np.flatnonzero(odd), data, offsets) if odd.any() else result


def _scan(data: Bytes, tables: tuple[Bytes, npt.NDArray[np.uint32]], offsets: Ints) -> tuple[Any, ...]:
    """What `scanning.scan` finds in a run of texts."""
    room = int(np.minimum(np.diff(offsets) // 2 + 1, TOKEN_BUDGET).sum())
    return scanning.scan(data, offsets, *tables, TOKEN_BUDGET, room)


def as_bytes(
    texts: pd.Series | Sequence[str | None], most: int | None = None
) -> tuple[npt.NDArray[np.uint8], Ints]:
    """The UTF-8 of all texts, at most `most` characters of each, in a row, and the borders between them.

    Without a copy where a column holds it already. A missing text is empty.
    """
    array = pa.array(texts, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    array = array.cast(pa.large_string()).fill_null("")
    if most is not None:
        array = pc.utf8_slice_codeunits(array, 0, most)
    _, offsets, data = array.buffers()
    borders = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    return np.frombuffer(data or b"\0", np.uint8), borders


def _with_odd(found: Words, odd: Ints, data: npt.NDArray[np.uint8], offsets: Ints) -> Words:
    """Put the tokenizer's words in place of those of the texts that only it can read."""
    texts = [data[offsets[i] : offsets[i + 1]].tobytes().decode() for i in odd]
    covered = found.covered.copy()
    # Where the budget ends in such a text is not known to the byte: so many as its words and gaps may have.
    covered[odd] = [len(text[: TOKEN_BUDGET * 16].encode()) for text in texts]
    return replaced(replace(found, covered=covered), odd, [tokenize(text, None) for text in texts])


def hashed(tokens: Sequence[str]) -> Hashes:
    """The hash of each token, as `words` gives it."""
    codes = np.frombuffer("".join(tokens).encode("utf-32-le"), np.uint32)
    return np.asarray(scanning.hash_words(codes, np.cumsum([len(t) for t in tokens], dtype=np.int64)))


def replaced(found: Words, rows: Ints, tokens: Sequence[Sequence[str]]) -> Words:
    """The same words, but those of some rows, in order, given as lists of tokens, such as actions."""
    hashes = hashed([token for each in tokens for token in each[:TOKEN_BUDGET]])
    lengths, before = found.lengths.copy(), np.diff(found.starts)
    lengths[rows] = [len(each) for each in tokens]
    special = np.zeros(len(before), bool)
    special[rows] = True
    counts = np.where(special, np.minimum(lengths, TOKEN_BUDGET), before)
    out = np.empty(int(counts.sum()), np.uint64)
    new = np.repeat(special, counts)
    out[new], out[~new] = hashes, found.hashes[~np.repeat(special, before)]
    return replace(found, hashes=out, starts=np.concatenate([[0], np.cumsum(counts)]), lengths=lengths)


def part(found: Words, rows: slice) -> Words:
    """The words of a run of texts, without a copy."""
    first, last = found.starts[rows.start], found.starts[rows.stop]
    rest = {n: getattr(found, n)[rows] for n in ("lengths", "digests", "covered", "sentences")}
    return Words(
        hashes=found.hashes[first:last], starts=found.starts[rows.start : rows.stop + 1] - first, **rest
    )


def chosen(found: Words, rows: Ints) -> Words:
    """The words of some of the texts, in the order given."""
    counts = np.diff(found.starts)[rows]
    starts = np.concatenate([[0], np.cumsum(counts)])
    at = np.repeat(found.starts[rows] - starts[:-1], counts) + np.arange(starts[-1])
    rest = {n: getattr(found, n)[rows] for n in ("lengths", "digests", "covered", "sentences")}
    return Words(hashes=found.hashes[at], starts=starts, **rest)
