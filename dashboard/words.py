"""How the app speaks: statuses, numbers, dates and slices in words, and untrusted text made harmless."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Iterable
from datetime import datetime

from metrics.parts import CLASS, MODE, PHRASING

STATUSES = ("learning", "healthy", "watch", "narrowing", "collapse", "not_comparable")
URGENCY = ("collapse", "narrowing", "watch", "not_comparable", "pending", "learning", "healthy")
WORD = {
    "learning": "Learning",
    "healthy": "Healthy",
    "watch": "Watch",
    "narrowing": "Narrowing",
    "collapse": "Collapse",
    "not_comparable": "Not comparable",
    "pending": "Not measured yet",
}
SHAPE = {
    "learning": "ring",
    "healthy": "circle",
    "watch": "triangle",
    "narrowing": "diamond",
    "collapse": "square",
    "not_comparable": "dash",
    "pending": "ring",
}
MEANING = {
    "learning": "Too few cycles to know what normal looks like, or the first after a baseline.",
    "healthy": "Nothing is narrowing.",
    "watch": "One reading is low. The next cycle will tell.",
    "narrowing": "Diversity, the tail, a class or a slice stays lower than retraining and sampling explain.",
    "collapse": "Narrowing, and a metric has lost a fifth, or mean score a twentieth, for three cycles.",
    "not_comparable": "The evaluation changed, so that a new baseline starts here.",
}
UNKNOWN = {
    "too_few": "too few outputs",
    "no_column": "no column for it",
    "undefined": "nothing to count",
}
FAMILY = {
    "quality": "Quality",
    "tail": "Tail",
    "diversity": "Diversity",
    "coverage": "Coverage",
    "complexity": "Complexity",
    "health": "Health of the eval",
    "drift": "Drift",
    "provenance": "Provenance",
}
ASKS = {
    "quality": "How good the outputs are. This often holds while the tail is already going.",
    "tail": "Whether rare classes, rare phrasings and rare kinds of output are still there.",
    "diversity": "How much the outputs differ from one another, in words, meanings and classes.",
    "coverage": "How much of what the reference holds the outputs still reach.",
    "complexity": "How long and how intricate the outputs are.",
    "health": "Whether the eval itself went well: nothing empty, cut off, refused or unreadable.",
    "drift": "How different the outputs are from the reference, in whichever direction.",
    "provenance": "Values that came with an upload, as whoever measured them defined them.",
}
# What a metric needs, as said where it is missing, and the columns that bring it.
NEEDS = {
    "output": ("No texts", "output"),
    "label": ("No labels", "label"),
    "prediction": ("No predictions", "prediction"),
    "tail": ("No tail classes", "label"),
    "vectors": ("No vectors", "embedding or output"),
    "reference": ("No reference set", ""),
    "reference texts": ("No reference set with texts", ""),
    "score": ("No scores", "score"),
    "score or verified": ("Neither scores nor a verifier's word", "score or verified"),
    "phrasings": ("No phrasings in the baseline", ""),
    "logprob": ("No log-probabilities", "logprob"),
    "finish_reason": ("No finish reasons", "finish_reason"),
    "several outputs of a prompt": ("No prompt with several outputs", "sample"),
}
HEALTHY = {"high": "high", "low": "low", "reference": "near the reference"}
WHOLE = "Whole"
# Slices that are parts of a metric, beside the user's own columns.
PARTS = {CLASS: "Classes", MODE: "Kinds of output", PHRASING: "Phrasings"}
PART = {CLASS: "class", MODE: "kind of output", PHRASING: "phrasing"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
_MARKDOWN = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: object, most: int = 80) -> str:
    """Untrusted text on one line, without control or direction characters, and not longer than `most`.

    >>> plain("a\\nb")
    'a b'
    """
    line = _CONTROL.sub(" ", str(text)).strip()
    return line if len(line) <= most else line[: most - 1] + "…"


def apart(options: Iterable[str], shown: Callable[[str], str] = plain) -> Callable[[str], str]:
    """How each option of a select box is shown: harmless, and unlike every other.

    Streamlit tells options apart by what is shown; two that look alike would be one.

    >>> [*map(apart(["a", "a\\u202e"]), ["a", "a\\u202e"])]
    ['a', 'a (2)']
    """
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for option in dict.fromkeys(options):
        name = found = shown(option) or "(blank)"
        nth = 1
        while found in taken:
            nth += 1
            found = f"{name} ({nth})"
        taken.add(found)
        labels[option] = found
    return lambda option: labels.get(option, plain(option))


def safe(text: object, most: int = 400) -> str:
    """Untrusted text for HTML and for plotly, which reads tags in text too.

    >>> safe("<img src=x>")
    '&lt;img src=x&gt;'
    """
    return html.escape(plain(text, most))


def label(text: object, most: int = 60) -> str:
    """Untrusted text for a label: every mark that Markdown knows is escaped.

    >>> label("a_b")
    'a\\\\_b'
    """
    return _MARKDOWN.sub(r"\\\1", plain(text, most))


def number(value: float | None) -> str:
    """Two or three significant digits.

    >>> number(0.360903), number(1234.5), number(-0.0), number(None)
    ('0.361', '1,234', '0', 'unknown')
    """
    if value is None or not math.isfinite(value):
        return "unknown"
    # Adding 0 takes the sign from a negative nothing.
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value + 0.0:.3g}"


def interval(low: float | None, high: float | None) -> str:
    """The ends of an interval, or that there is none.

    >>> interval(0.2, 0.3), interval(None, None)
    ('95 % interval 0.2 to 0.3', 'interval unknown')
    """
    return (
        "interval unknown"
        if low is None or high is None
        else f"95 % interval {number(low)} to {number(high)}"
    )


def z_digits(z: float | None, line: float) -> int:
    """How many decimals of z are shown: two where one could not tell on which side of the line it lies.

    >>> z_digits(-4.71, -2.2), z_digits(-2.16, -2.2)
    (1, 2)
    """
    return 2 if z is not None and abs(z - line) <= 0.1 else 1


def z_text(z: float, line: float, sign: str = "-") -> str:
    """z as it is shown beside its line.

    >>> z_text(-2.16, -2.2), z_text(1.23, -2.2, "+")
    ('-2.16', '+1.2')
    """
    return f"{z:{sign}.{z_digits(z, line)}f}"


def count(n: float | None) -> str:
    """A number of outputs."""
    return "unknown" if n is None or not math.isfinite(n) else f"{n:,.0f}"


def kind(slice: str) -> str:
    """What a slice is a value of: a column of the user's, the classes, kinds of output or phrasings.

    >>> kind("language=de"), kind("class:games"), kind("mode:a = b"), kind("phrasing:it depends")
    ('language', 'class:', 'mode:', 'phrasing:')
    """
    own = next((k for k in PARTS if slice.startswith(k)), None)
    return own or slice.partition("=")[0]


def within(slice: str) -> str:
    """A slice's own name, without what it is a value of.

    >>> within("language=de"), within("class:games"), within("mode:a = b")
    ('de', 'games', 'a = b')
    """
    own = next((k for k in PARTS if slice.startswith(k)), None)
    return slice.removeprefix(own) if own else slice.partition("=")[2]


def kind_title(kind: str) -> str:
    """'Classes', 'Kinds of output', or the name of the user's column."""
    return PARTS.get(kind) or plain(kind)


def part(slice: str | None) -> str:
    """A slice as it is said: 'language=de' is 'language: de'.

    >>> part("mode:a = b"), part("phrasing:it depends"), part(None)
    ('kind of output: a = b', 'phrasing: it depends', 'Whole')
    """
    if slice is None:
        return WHOLE
    named = PART.get(kind(slice), kind(slice))
    return plain(f"{named}: {within(slice)}")


def ago(when: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that fits.

    >>> ago(datetime(2026, 1, 1), datetime(2026, 1, 3))
    '2 days ago'
    """
    seconds = (now - when).total_seconds()
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            whole = int(seconds // length)
            return f"{whole} {unit}{'s' if whole > 1 else ''} ago"
    return "just now"


def cycles(numbers: list[int]) -> str:
    """'cycle 18', or 'cycles 18 to 19', or each of them.

    >>> cycles([18]), cycles([1, 2, 3]), cycles([1, 4])
    ('cycle 18', 'cycles 1 to 3', 'cycles 1, 4')
    """
    if len(numbers) == 1:
        return f"cycle {numbers[0]}"
    if numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"cycles {numbers[0]} to {numbers[-1]}"
    return "cycles " + ", ".join(map(str, numbers))
