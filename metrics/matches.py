"""How many n-grams of each text other texts say too, and how many of these without each prompt group.

A match is one place in a text: the c-th time that a text says an n-gram matches if another text says it c
times. Everything is counted exactly and in time proportional to the number of words.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from metrics.core import GROUPS
from metrics.kernels import LONGEST, Bytes, Ints, Words, kernel
from metrics.scanning import mixed
from metrics.threads import Map

Span = tuple[int, int]
_Tables = tuple[Words, Words]

# A table of n-gram types is a row of (key, top) pairs. `top` packs the four largest counts that one text has
# of the type, largest first, 12 bits each: the count above, the text's group in the 5 lowest bits.
_ENTRY, _FIELD, _TOP = np.uint64(12), np.uint64(0xFFF), np.uint64(4)
_GROUP_BITS, _GROUP = np.uint64(5), np.uint64(31)
_NEVER = np.uint64(0xFFFF)
_ZERO, _ONE, _TWO, _HALF = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(32)
_SMALLEST_TABLE = 1 << 12


@kernel
def _entry(top: np.uint64, place: np.uint64) -> np.uint64:
    """The entry at one place of `top`, 0 if there is none."""
    return (top >> (_ENTRY * place)) & _FIELD


@kernel
def _slot(table: Words, key: np.uint64, spread: np.uint64) -> np.int64:
    """Where the key stands in the table, or the free place where it belongs."""
    mask = (len(table) >> 1) - 1
    slot = np.int64(spread >> _TWO) & mask
    while table[2 * slot + 1] != _ZERO and table[2 * slot] != key:
        slot = (slot + 1) & mask
    return slot


@kernel
def _replaced(top: np.uint64, rank: np.uint64, new: np.uint64) -> np.uint64:
    """The place that a new entry takes: its text's former one, its group's second, or else the last."""
    former = new - _HALF if rank > _ONE else _NEVER
    place, mates = _TOP - _ONE, 0
    for step in range(4):
        entry = _entry(top, np.uint64(step))
        if entry == former:
            return np.uint64(step)
        if entry != _ZERO and (entry & _GROUP) == (new & _GROUP):
            mates += 1
            if mates == 2:
                place = np.uint64(step)
    return place


@kernel
def _noted(top: np.uint64, rank: np.uint64, group: np.uint64) -> np.uint64:
    """`top` once a text of the group has been seen to say the type `rank` times, one time more than before.

    Four entries, at most two of them of one group, are enough to know the two largest outside any group: at
    most two fall away. Which of several equal texts an entry stands for makes no difference.
    """
    if _entry(top, _TOP - _ONE) >> _GROUP_BITS >= rank:
        return top
    new = (rank << _GROUP_BITS) | group
    place = _replaced(top, rank, new)
    if _entry(top, place) >> _GROUP_BITS >= rank:
        return top
    above, below = top & ((_ONE << (_ENTRY * place)) - _ONE), top >> (_ENTRY * (place + _ONE))
    rest = above | (below << (_ENTRY * place))
    home = _ZERO
    while _entry(rest, home) > new:
        home += _ONE
    above, below = rest & ((_ONE << (_ENTRY * home)) - _ONE), rest >> (_ENTRY * home)
    return above | (new << (_ENTRY * home)) | (below << (_ENTRY * (home + _ONE)))


@kernel
def _gather(
    keys: Words, ranks: Bytes, start: int, end: int, half: np.uint64, at: Ints, spread: Words
) -> np.int64:
    """The places of one text whose n-grams belong to one half of the types, and their mixed keys."""
    found = np.int64(0)
    for place in range(start, end):
        at[found], spread[found] = place, mixed(keys[place])
        found += np.int64((ranks[place] > 0) & ((spread[found] & _ONE) == half))
    return found


@kernel
def _grown(old: Words) -> Words:
    """A table of twice the size with the same types."""
    new = np.zeros(2 * len(old), np.uint64)
    for place in range(0, len(old), 2):
        if old[place + 1] != _ZERO:
            slot = _slot(new, old[place], mixed(old[place]))
            new[2 * slot], new[2 * slot + 1] = old[place], old[place + 1]
    return new


@kernel
def _tally(keys: Words, ranks: Bytes, starts: Ints, group: Ints, half: np.uint64) -> Words:
    """The table of one half of the types, at most half full."""
    at, spread = np.empty(LONGEST + 1, np.int64), np.empty(LONGEST + 1, np.uint64)
    table, types = np.zeros(_SMALLEST_TABLE, np.uint64), 0
    for text in range(len(group)):
        if types + LONGEST > len(table) >> 2:
            table = _grown(table)
        count = _gather(keys, ranks, starts[text], starts[text + 1], half, at, spread)
        for j in range(count):
            key, rank = keys[at[j]], np.uint64(ranks[at[j]])
            slot = _slot(table, key, spread[j])
            top = table[2 * slot + 1]
            types += int(top == _ZERO)
            table[2 * slot], table[2 * slot + 1] = key, _noted(top, rank, np.uint64(group[text]))
    return table


@kernel
def _ranked(tokens: Words, starts: Ints, ranks: Bytes) -> None:
    """For each word, the how-manieth time its text says it: a word counts c times if its last rank is c."""
    for text in range(len(starts) - 1):
        for place in range(starts[text], starts[text + 1]):
            rank = np.int64(1)
            for before in range(starts[text], place):
                rank += np.int64(tokens[before] == tokens[place])
            ranks[place] = rank


@kernel
def _lengthened(keys: Words, ranks: Bytes, ids: Ints, start: int, end: int) -> None:
    """From the k-grams of a text to its (k+1)-grams.

    Two overlapping k-grams are one (k+1)-gram, so that their ids make its key and cannot collide. Where
    either is said by this text alone (id -1), so is the (k+1)-gram: rank 0 leaves it out.
    """
    for place in range(start, end):
        j = place - start
        if place + 1 == end or ids[j] < 0 or ids[j + 1] < 0:
            ranks[place] = 0
            continue
        keys[place] = (np.uint64(ids[j]) << _HALF) | np.uint64(ids[j + 1])
        if ranks[place] > 1:  # only where the first k words came before can all k + 1 have come
            rank = np.int64(1)
            for before in range(start, place):
                rank += np.int64((ranks[before] > 0) & (keys[before] == keys[place]))
            ranks[place] = rank


@kernel
def _lose(top: np.uint64, rank: np.uint64, lost: Bytes) -> None:
    """Count one match lost for each group without which no second text says the type `rank` times."""
    if _entry(top, _TOP - _ONE) >> _GROUP_BITS >= rank:
        return
    a, b, c = _entry(top, _ZERO) & _GROUP, _entry(top, _ONE) & _GROUP, _entry(top, _TWO) & _GROUP
    if _entry(top, _TWO) >> _GROUP_BITS < rank:  # two texts: without either no other is left
        lost[a] += 1
        lost[b] += np.uint8(a != b)
    elif a in (b, c):  # three texts, two of them of one group
        lost[a] += 1
    elif b == c:
        lost[b] += 1


@kernel
def _match(
    tables: _Tables, keys: Words, ranks: Bytes, starts: Ints, span: Span, matched: Bytes, lost: Bytes
) -> None:
    """Count the n-grams of each text that another text says as often, and go on to the next longer n-grams.

    The clipped count of a type, min(count, largest count in any other text), is the number of ranks up to
    the second-largest count of all texts: if this text holds the largest, then that is the largest elsewhere,
    and if not, nothing is clipped. `lost` may be empty: then only the whole is wanted.
    """
    at, spread = np.empty(LONGEST + 1, np.int64), np.empty(LONGEST + 1, np.uint64)
    ids = np.empty(LONGEST, np.int64)
    for text in range(span[0], span[1]):
        start, end = starts[text], starts[text + 1]
        ids[:] = -1
        for half in range(2):
            count = _gather(keys, ranks, start, end, np.uint64(half), at, spread)
            for j in range(count):
                slot = _slot(tables[half], keys[at[j]], spread[j])
                top, rank = tables[half][2 * slot + 1], np.uint64(ranks[at[j]])
                second = _entry(top, _ONE) >> _GROUP_BITS
                if second > _ZERO:
                    ids[at[j] - start] = 2 * slot + half
                if second >= rank:
                    matched[text] += 1
                    if len(lost):
                        _lose(top, rank, lost[text])
        _lengthened(keys, ranks, ids, start, end)


def spans(n: int) -> tuple[Span, Span]:
    """The two halves of the texts, one for each thread."""
    return (0, n // 2), (n // 2, n)


def matches(
    both: Map, tokens: Words, starts: Ints, group: Ints, orders: int, views: bool
) -> tuple[Bytes, Bytes]:
    """By order and text, how many n-grams match, and how many matches are lost without each group.

    Texts have at most 64 words. Without `views` the second array has no texts. n-grams are told apart by ids,
    which cannot collide, and words by their 64-bit hashes: among a million different words two share a hash
    with probability 3e-8.

    `both` maps over two halves, by two threads or one (`threads.two`). Each order first counts its types,
    half of them at a time, and then its matches, half of the texts at a time: no two threads ever write to
    the same place, and the result is the same in any order.

    Of "a a b" and "a" one "a" matches in each; without either there is nothing to match (for the text of the
    group itself that says nothing, as it is left out too):

    >>> words = np.array([1, 1, 2, 1], np.uint64)
    >>> from metrics.threads import two
    >>> with two(4) as both:
    ...     matched, lost = matches(both, words, np.array([0, 3, 4]), np.arange(2), orders=1, views=True)
    >>> matched[0].tolist(), lost[0, 0, :3].tolist()
    ([1, 1], [1, 1, 0])
    """
    keys, ranks = tokens.copy(), np.empty(len(tokens), np.uint8)
    matched = np.zeros((orders, len(group)), np.uint8)
    lost = np.zeros((orders, len(group) if views else 0, GROUPS), np.uint8)
    _ranked(tokens, starts, ranks)
    for k in range(orders):
        first, second = both(partial(_tally, keys, ranks, starts, group), (_ZERO, _ONE))
        match = partial(_match, (first, second), keys, ranks, starts)
        list(both(match, spans(len(group)), (matched[k],) * 2, (lost[k],) * 2))
    return matched, lost
