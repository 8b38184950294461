"""Self-BLEU: how much of each output other outputs say too."""

from __future__ import annotations

from functools import partial

import numpy as np

from metrics import threads
from metrics.core import GROUPS, Reading, Undefined, metric
from metrics.kernels import LONGEST, Bytes, Floats, Ints, Words, checked, kernel
from metrics.matches import Span, matches, spans
from metrics.sample import Sample
from metrics.text import chosen

ORDERS = 4
MOST = 20_000
# nltk's SmoothingFunction().method1: what stands in the numerator where nothing matches.
EPSILON = 0.1


@kernel
def _penalties(counts: Ints) -> Floats:
    """Brevity penalty of a text of each length, given how many texts, itself among them, have each length.

    nltk's rule: against the closest length of another text, the shorter one of two equally close.
    """
    penalties = np.ones(len(counts))
    for length in range(1, len(counts)):
        away = 0 if counts[length] > 1 else 1
        while 0 < away < len(counts):
            if away < length and counts[length - away] > 0:
                break
            if length + away < len(counts) and counts[length + away] > 0:
                penalties[length] = np.exp(-away / length)
                break
            away += 1
    return penalties


@kernel
def _score(matched: Bytes, lost: Bytes, length: int, penalty: float, logs: Floats) -> float:
    """BLEU-4 of a text from its matches of each order, less those that are lost."""
    if matched[0] == lost[0]:
        return 0.0
    total = 0.0
    for k in range(ORDERS):
        total += logs[matched[k] - lost[k], max(1, length - k)]
    return float(penalty * np.exp(total / ORDERS))


@kernel
def _sums(
    matched: Bytes, lost: Bytes, starts: Ints, group: Ints, penalties: Floats, logs: Floats, span: Span
) -> Floats:
    """Sums of the scores of a range of texts: of all, and of all but each group."""
    sums, none = np.zeros(len(penalties)), np.zeros(ORDERS, np.uint8)
    for text in range(span[0], span[1]):
        length = starts[text + 1] - starts[text]
        if length == 0:
            continue
        whole = _score(matched[:, text], none, length, penalties[0, length], logs)
        sums[0] += whole
        for view in range(1, len(penalties)):
            gone, penalty = lost[:, text, view - 1], penalties[view, length]
            if group[text] == view - 1:
                continue
            if gone.any() or penalty != penalties[0, length]:
                sums[view] += _score(matched[:, text], gone, length, penalty, logs)
            else:
                sums[view] += whole
    return sums


def _lengths(starts: Ints, group: Ints, sets: int) -> Ints:
    """How many texts have each length: of all, then of all but each group. Empty texts are none."""
    counts = np.zeros((GROUPS, LONGEST + 1), np.int64)
    np.add.at(counts, (group, np.diff(starts)), 1)
    counts[:, 0] = 0
    every = counts.sum(axis=0, keepdims=True)
    return np.vstack([every, every - counts])[:sets]


def _logs() -> Floats:
    """Logarithm of the smoothed precision for each number of matches (rows) among n-grams (columns)."""
    number = np.arange(LONGEST + 1.0)
    hits: Floats = np.log(np.where(number > 0, number, EPSILON))
    table: Floats = hits[:, None] - np.log(np.maximum(number, 1))
    return table


def bleu_views(tokens: Words, starts: Ints, group: Ints, views: bool = True) -> Floats:
    """Mean BLEU-4 of each text against all others: of all texts, then with each prompt group left out.

    Exact, in time proportional to the number of words. Per text it equals nltk's `sentence_bleu` with the
    other texts as references and SmoothingFunction().method1: a text that shares no word scores 0, and one
    shorter than four words has the smoothed precision 0.1 where it has no n-grams. Empty texts are left out;
    with fewer than two others the value is NaN. Without `views` only the first value is computed.

    Two equal texts match each other in full; a third that shares no word scores 0:

    >>> words = np.array([1, 2, 3, 4, 1, 2, 3, 4, 5], np.uint64)
    >>> bleu_views(words, np.array([0, 4, 8, 9]), np.array([0, 1, 2]))[:4].round(4)
    array([0.6667, 0.    , 0.    , 1.    ])
    """
    tokens, starts, group = checked(tokens, starts, group, LONGEST)
    lengths = _lengths(starts, group, 1 + GROUPS if views else 1)
    penalties = np.stack([_penalties(row) for row in lengths])
    with threads.two(ORDERS * len(tokens)) as both:
        matched, lost = matches(both, tokens, starts, group, ORDERS, views)
        sums = partial(_sums, matched, lost, starts, group, penalties, _logs())
        total = np.sum(list(both(sums, spans(len(group)))), axis=0)
    texts = lengths.sum(axis=1)
    means: Floats = np.divide(total, texts, out=np.full(len(texts), np.nan), where=texts > 1)
    return means


@metric(
    "self_bleu",
    label="Self-BLEU",
    family="diversity",
    healthy="low",
    needs=("output",),
    scale="arcsine",
    source="Zhu et al. 2018, Texygen, SIGIR; smoothing of Chen and Cherry 2014, WMT (method 1)",
)
def self_bleu(sample: Sample) -> Reading:
    """Mean BLEU-4 of each output against all others, exact, over m outputs, at most 20,000.

    The same prompts in every cycle. Range 0 to 1. Healthy: low. It rises with the number of outputs, which is
    why m is fixed with the baseline. Blind to: meaning (see `dispersion`), and to rare classes. Neighbour:
    `distinct_3` needs no pairs and says nearly the same; this one sees copies and near copies best. Its 95 %
    intervals are conservative: on real outputs .97 hold, of changes .99.

    Two of three outputs are the same, the third shares no word with them:

    >>> from metrics.sample import demo_sample
    >>> round(self_bleu(demo_sample(output=["a b c d", "a b c d", "e"])).value, 4)
    0.6667
    """
    rows = sample.drawn(MOST, np.diff(sample.words.starts) > 0)
    if len(rows) < 2:
        raise Undefined("Fewer than two outputs have words.")
    words = chosen(sample.words, rows)
    return Reading(
        bleu_views(words.hashes, words.starts, sample.group[rows]), len(rows), note=sample.taken(rows)
    )
