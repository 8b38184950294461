"""How it is measured: every metric and every rule in its own words, found in their folders."""

from __future__ import annotations

import math
import re

import streamlit as st

from dashboard.palette import family_colour, palette
from dashboard.parts import foresight, frame, leading, picture, sight
from dashboard.parts.drawing import shape
from dashboard.story import Story
from dashboard.words import ASKS, FAMILY, HEALTHY, MEANING, STATUSES, WORD, safe
from metrics.core import METRICS, RULES, Metric
from metrics.injecting import INJECTIONS
from metrics.seeing import SEEN

ORDER = tuple(FAMILY)
_NAME = re.compile(r"`([^`]+)`")
POINT = (
    "A point is one metric over the eval outputs of one cycle. Its band is the 95 % interval: how much the"
    " value hangs on the prompts that happen to be in the eval set. Every cycle is measured at the same size"
    " as its baseline, so that no trend comes from size alone. A value that cannot be known is a gap with a"
    " word, never 0."
)
SIGHT = (
    "No metric sees everything. Narrowings were planted in real outputs, and each metric was measured before"
    " and after. The numbers are its shift in null standard deviations, those of what moves it where nothing"
    f" was planted; below 0 is worse. A shift smaller than {SEEN:g} is not to be told from noise, and the"
    " cell says blind. An arrow marks a metric that moves to its healthy side: read alone, it would reassure."
    " The alarm bell on the page of alerts plants the same kinds in copies of your own outputs:"
)


def page() -> None:
    """Statuses, intervals, an index of the metrics, what each sees, how early rules are, forecasts, rules."""
    st.title("How it is measured")
    _statuses()
    st.subheader("What a point and its band are", anchor=False)
    st.html(f'<p class="tw-says">{POINT}</p>')
    _metrics()
    _sight()
    st.subheader("How early, and how often in vain", anchor=False)
    leading.show()
    st.subheader("How well forecasts hold", anchor=False)
    foresight.show()
    st.subheader("Rules", anchor=False)
    for rule in RULES.all().values():
        head = f'<summary><span class="tw-name">{safe(rule.label)}</span></summary>'
        st.html(f'<details class="tw-fold">{head}{_doc(rule.doc)}</details>')


def _statuses() -> None:
    st.subheader("What the statuses say", anchor=False)
    theme = frame.theme()
    rows = "".join(
        f'<div class="tw-line tw-row">{shape(s, theme)}<span class="tw-word">{WORD[s]}</span>'
        f"<span>{safe(MEANING[s])}</span></div>"
        for s in STATUSES
    )
    st.html(rows)


def _metrics() -> None:
    """One line for each metric under its family; the rest of what it says unfolds."""
    found = sorted(METRICS.all().values(), key=lambda m: (not m.votes, m.label))
    voters = sum(m.votes for m in found)
    st.subheader("Metrics", anchor=False)
    st.html(
        f'<p class="tw-says">{len(found)} metrics in {len({m.family for m in found})} families, each a lever'
        f" of its own; none of them is an average of others. {voters} vote in the early warning. Open a line"
        " for its definition, what it is blind to, and an example.</p>"
    )
    for family in ORDER:
        mine = [m for m in found if m.family == family]
        if mine:
            st.html(_family(family) + "".join(_metric(m) for m in mine))


def _family(family: str) -> str:
    colour = family_colour(palette(frame.theme()), family)
    return (
        f'<div class="tw-line"><span class="tw-swatch" style="background:{colour}"></span>'
        f'<span class="tw-name">{FAMILY[family]}</span><span class="tw-quiet">{ASKS[family]}</span></div>'
    )


def _metric(metric: Metric) -> str:
    first = _marked(" ".join(metric.doc.split("\n\n")[0].split()))
    votes = '<b class="tw-vote">votes</b>, ' if metric.votes else ""
    return (
        f'<details class="tw-fold" data-testid="metric-{metric.name}"><summary><span class="tw-index">'
        f'<span class="tw-name">{safe(metric.label)}</span><span>{first}</span>'
        f'<span class="tw-quiet">{votes}healthy: {HEALTHY[metric.healthy]}</span></span></summary>'
        f'<div class="tw-facts"><span>{"</span><span>".join(_facts(metric))}</span></div>'
        f'{_doc(metric.doc)}<p class="tw-says"><b>{safe(sight.in_words(metric.name))}</b></p>'
        f'<p class="tw-says tw-quiet">{safe(metric.source)}</p></details>'
    )


def _facts(metric: Metric) -> list[str]:
    facts = [
        safe(metric.name),
        f"range {_range(metric)}",
        f"unit: {safe(metric.unit)}",
        f"needs {safe(', '.join(metric.needs))}",
        f"version {metric.version}",
    ]
    return [*facts, "votes in the early warning"] if metric.votes else facts


def _range(metric: Metric) -> str:
    low, high = metric.bounds
    ends = [f"from {low:g}" if math.isfinite(low) else "", f"to {high:g}" if math.isfinite(high) else ""]
    return " ".join(e for e in ends if e) or "that of the score"


def _doc(doc: str) -> str:
    """A docstring: its words as paragraphs, its example as code."""
    words, _, example = doc.partition(">>>")
    said = [" ".join(p.split()) for p in words.split("\n\n") if p.strip()]
    shown = "".join(f'<p class="tw-says">{_marked(p)}</p>' for p in said)
    lines = f">>>{example}".rstrip().split("\n") if example else []
    return shown + (f"<pre>{'<br>'.join(safe(line, 200) for line in lines)}</pre>" if lines else "")


def _marked(words: str) -> str:
    return _NAME.sub(r"<code>\1</code>", safe(words, 4000))


def _sight() -> None:
    """The table of which metric sees which narrowing, at one strength at a time."""
    st.subheader("Which metric sees which narrowing", anchor=False)
    strengths = sight.strengths()
    st.html(f'<p class="tw-says">{SIGHT}</p>')
    kinds = "".join(
        f"<li><b>{safe(one.label)}.</b> {_marked(one.doc)}</li>" for one in INJECTIONS.all().values()
    )
    st.html(f'<ul class="tw-says">{kinds}</ul>')
    if not strengths:
        st.text(sight.NOTHING)
        return
    strength = st.segmented_control(
        "Narrowing in", strengths, default=strengths[len(strengths) // 2], required=True, key="strength",
        format_func=lambda share: f"{share:.0%} of the outputs",
    )  # fmt: skip
    said = "".join(f"<li>{safe(sentence)}</li>" for sentence in sight.voters_in_words(strength))
    st.html(f'<ul class="tw-says">{said}</ul>')
    picture.show("which_sees", Story("", (), (), sights=sight.sights(strength), theme=frame.theme()), "sees")
    for why, labels in sight.left_out().items():
        st.html(f'<p class="tw-says tw-quiet">Not in the table: {safe(", ".join(labels))}. {safe(why)}</p>')


page()
