"""Words of whole columns of text at once: the compiled twin of `metrics.text.tokenize`.

It walks the UTF-8 bytes once and hashes each lower-cased word to 64 bits. A text that holds what a table of
single characters cannot decide (combining marks, unusual case rules) is marked, and left to the tokenizer.
"""

from __future__ import annotations

import functools
import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt

from metrics.kernels import kernel

PLANES, PLAIN = 0x20000, 0x80
# By the largest byte of some UTF-8, how many characters it can hold: plain ones, those of letters and marks
# up to the scripts of East Asia, and all.
REACH = ((0x80, PLAIN), (0xE3, 0x3000), (0x100, PLANES))
BREAK, WORD, ALONE, APOSTROPHE, ODD, SPACE = range(6)
# A sentence of more words, or with as many marks inside it, counts as complex.
LONG_SENTENCE, BUSY_SENTENCE = 20, 2

Array = npt.NDArray[Any]


@functools.cache
def tables(unspaced: str, pictographs: str, most: int) -> tuple[Array, Array]:
    """What each of the first `most` characters is to the tokenizer, and its lower case.

    The first two arguments are regular-expression classes: scripts without spaces, and pictographs. All
    131,072 take a tenth of a second and more, the first few a moment.
    """
    characters = [chr(code) for code in range(most)]
    kind, lower = np.zeros(PLANES, np.uint8), np.zeros(PLANES, np.uint32)
    kind[: len(characters)] = [_kind(char) for char in characters]
    lower[: len(characters)] = [ord(char.lower()[0]) for char in characters]
    if most <= PLAIN:
        return kind, lower
    for first, last in _ranges(pictographs):
        part = kind[first : last + 1]
        part[part == BREAK] = ALONE
    for first, last in _ranges(unspaced):
        part = kind[first : last + 1]
        part[part != ODD] = ALONE
    kind[list(_melting())] = ODD
    return kind, lower


def _kind(char: str) -> int:
    if char == "Σ" or len(char.lower()) != 1 or not unicodedata.is_normalized("NFC", char):
        return ODD
    if char.isalnum() or char == "_":
        return WORD
    if char in "'’":
        return APOSTROPHE
    return SPACE if char.isspace() else BREAK


def _ranges(characters: str) -> list[tuple[int, int]]:
    """The ranges of a character class written 'a-zA-Z'."""
    parts = [characters[i : i + 3] for i in range(0, len(characters), 3)]
    return [(ord(part[0]), ord(part[2])) for part in parts]


def _melting() -> set[int]:
    """Characters that may melt with the one before them when a text is normalised."""
    jamo = {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}
    marks = {code for code in range(PLANES) if unicodedata.combining(chr(code))}
    made = filter(None, map(unicodedata.decomposition, map(chr, range(PLANES))))
    seconds = {int(pair[1], 16) for pair in map(str.split, made) if len(pair) == 2 and pair[0][0] != "<"}
    return {code for code in jamo | marks | seconds if code < PLANES}


@kernel
def mixed(h: np.uint64) -> np.uint64:
    """Spread the bits of a number over all 64 (the finaliser of SplitMix64, Steele et al. 2014)."""
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@kernel
def _decode(data: Array, i: Any) -> tuple[Any, int]:
    """The character that begins at a byte of valid UTF-8, and how many bytes it has."""
    first = np.int64(data[i])
    if first < 0x80:
        return first, 1
    second = np.int64(data[i + 1]) & 0x3F
    if first < 0xE0:
        return ((first & 0x1F) << 6) | second, 2
    third = np.int64(data[i + 2]) & 0x3F
    if first < 0xF0:
        return ((first & 0x0F) << 12) | (second << 6) | third, 3
    fourth = np.int64(data[i + 3]) & 0x3F
    return ((first & 0x07) << 18) | (second << 12) | (third << 6) | fourth, 4


@kernel
def _kind_of(code: int, kind: Array) -> int:
    if code < PLANES:
        return int(kind[code])
    # The further planes hold ideographs, and past them nothing that is a word.
    return ALONE if code < 0x40000 else BREAK


@kernel
def _low(code: int, lower: Array) -> np.uint64:
    return np.uint64(lower[code]) if code < PLANES else np.uint64(code)


@kernel
def _ends_sentence(code: int, then: int) -> bool:
    """Whether a mark ends a sentence: a Latin one only before a space, since 3.14 and a.b are no ends."""
    if code in (0x3002, 0xFF01, 0xFF1F, 0x2026):
        return True
    return code in (0x2E, 0x21, 0x3F) and then in (SPACE, -1)


@kernel
def _inside_sentence(code: int) -> bool:
    """Comma, semicolon, colon, bracket, dash, in Latin or Chinese dress."""
    return code in (0x2C, 0x3B, 0x3A, 0x28, 0x2013, 0x2014, 0x3001, 0xFF0C, 0xFF1B, 0xFF1A, 0xFF08)


@kernel
def digest_of(data: Array, first: int, last: int) -> np.uint64:
    """FNV-1a of a run of bytes (Fowler, Noll, Vo 1991), never 0 unless it is empty."""
    h = np.uint64(0xCBF29CE484222325)
    if last <= first:
        return np.uint64(0)
    for i in range(first, last):
        h = (h ^ np.uint64(data[i])) * np.uint64(0x100000001B3)
    return max(mixed(h), np.uint64(1))


@kernel
def _begun(low: np.uint64) -> np.uint64:
    """FNV-1a of a word's first character (Fowler, Noll, Vo 1991)."""
    return (np.uint64(0xCBF29CE484222325) ^ low) * np.uint64(0x100000001B3)


@kernel
def hash_words(codes: Array, ends: Array) -> Array:
    """The hash of each lower-cased word; word i are the code points from ends[i - 1] to ends[i]."""
    out, at = np.empty(len(ends), np.uint64), 0
    for i in range(len(ends)):
        h = np.uint64(0xCBF29CE484222325)
        for j in range(at, ends[i]):
            h = (h ^ np.uint64(codes[j])) * np.uint64(0x100000001B3)
        out[i], at = mixed(h), ends[i]
    return out


@kernel
def scan(
    data: Array, offsets: Array, kind: Array, lower: Array, budget: int, room: int
) -> tuple[Array, Array, Array, Array, Array, Array, Array]:
    """Walk all texts: `data` is their UTF-8 in a row, text i from offsets[i] to offsets[i + 1].

    Returns the hashes of the words (at most `budget` of each text, `room` in all) and where each text's
    words begin; of each text, all its words, a digest of it without outer spaces (0 where it is blank), how
    many of its bytes the budget covers, its sentences and its complex ones as two columns, and whether it is
    one for the tokenizer.
    """
    n = len(offsets) - 1
    words, starts = np.empty(room, np.uint64), np.zeros(n + 1, np.int64)
    lengths, digests = np.zeros(n, np.int64), np.zeros(n, np.uint64)
    covered, odd, sentences = np.zeros(n, np.int64), np.zeros(n, np.bool_), np.zeros((n, 2), np.int64)
    filled = 0
    for text in range(n):
        begin, end = offsets[text], offsets[text + 1]
        first, last, at = end, begin, begin
        h, inside, count, spoken, marks = np.uint64(0), False, 0, 0, 0
        code, width = _decode(data, at) if at < end else (0, 1)
        here = _kind_of(code, kind) if at < end else BREAK
        # One step past the end, as if a break stood there, closes the last word and sentence.
        while at <= end:
            after = at + width
            next_code, next_width = _decode(data, after) if after < end else (0, 1)
            then = _kind_of(next_code, kind) if after < end else (SPACE if after == end else BREAK)
            if at < end and here != SPACE:
                first, last = min(first, at), after
            low = _low(code, lower)
            letter = here in (WORD, ODD) or (here == APOSTROPHE and inside and then in (WORD, ODD))
            odd[text] = odd[text] or here == ODD
            whole = (inside and not letter) + (here == ALONE)
            if inside and not letter:
                if count < budget:
                    words[filled] = mixed(h)
                    filled += 1
                    covered[text] = at - begin
                count += 1
                inside = False
            if letter:
                h = (h ^ low) * np.uint64(0x100000001B3) if inside else _begun(low)
                inside = True
            elif here == ALONE:
                if count < budget:
                    words[filled] = mixed(_begun(low))
                    filled += 1
                    covered[text] = after - begin
                count += 1
            spoken += whole
            marks += _inside_sentence(code)
            if spoken and (at == end or _ends_sentence(code, then)):
                sentences[text, 0] += 1
                sentences[text, 1] += spoken > LONG_SENTENCE or marks >= BUSY_SENTENCE
                spoken, marks = 0, 0
            at, code, width, here = after, next_code, next_width, then if after < end else BREAK
        lengths[text], starts[text + 1] = count, filled
        digests[text] = digest_of(data, first, last)
    return words[:filled], starts, lengths, digests, covered, sentences, odd
