"""The form of a rule: what it watches, against which line, and what that would do, before it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import desk
from dashboard.parts import frame, hints, trying
from dashboard.words import FAMILY, WHOLE, WORD, apart, part, plain, safe
from metrics import pipeline, ruling
from metrics.core import METRICS, SEVERITIES, TailwatchError
from metrics.figures import STATISTICS, Statistic
from metrics.store import UserRule
from metrics.terms import ALL_VOTERS, COMPARATORS, DEFAULTS, EVIDENCE, MOST_CYCLES, families, in_words

SURE = {"point": "by the reading alone", "interval": "by its whole 95 % interval"}
USUAL = "tail_recall"


@dataclass(frozen=True)
class Start:
    """What a form begins with: a rule that is changed, or the metric and slice of a new one."""

    rule: UserRule | None = None
    metric: str | None = None
    slice: str | None = None

    def of(self, name: str) -> Any:
        """The first value of a field."""
        if self.rule is not None:
            return self.rule.options.get(name, DEFAULTS.get(name))
        return {"metric": self.metric, "slice": self.slice}.get(name, DEFAULTS.get(name))

    def key(self, name: str) -> str:
        """The key of a field: another start is another form."""
        return f"rule-{self.rule.id}-{name}" if self.rule else f"rule-{name}"


@st.fragment
def show(at: desk.Revision, lineage: str, start: Start) -> None:
    """The fields, what the rule in them would do, and the button that keeps it."""
    given = _fields(at, lineage, start)
    if given["line"] is None:
        st.text("Give a line, and this says what the rule would do.")
        return
    try:
        draft = ruling.drafted(
            desk.store(), _scope(lineage, start), given, start.rule.id if start.rule else None
        )
    except TailwatchError as error:
        frame.wrong(hints.sentence(error))
        return
    says = trying.trial(at, lineage, draft.options).in_words()
    st.html(
        f'<p class="tw-says"><b class="tw-name">{safe(in_words(draft.options, part))}</b></p>'
        f'<p class="tw-says" data-testid="preview">{safe(says, 1000)}</p>'
    )
    _keep(draft, start)


def _scope(lineage: str, start: Start) -> str | None:
    """The lineage that a new rule is for, or None for all."""
    if start.rule is not None:
        return start.rule.lineage
    return None if st.session_state.get(start.key("every")) else lineage


def _fields(at: desk.Revision, lineage: str, start: Start) -> dict[str, Any]:
    known = STATISTICS.all()
    one, two, three = st.columns(3)
    with one:
        name = _pick("What counts", list(known), start, "statistic", lambda s: known[s].label)
    with two:
        watches = _watched(at, lineage, known[name], start)
    with three:
        slice = _slice(at, lineage, known[name], watches, start)
    st.caption(" ".join(known[name].doc.split("\n\n")[0].split()))
    found = {"statistic": name, "watches": watches, "slice": slice or ""}
    found |= _line(start)
    return {**found, **_weight(start, known[name])}


def _line(start: Start) -> dict[str, Any]:
    one, two, three = st.columns(3)
    with one:
        side = _pick("Is", COMPARATORS, start, "comparator", str)
    line = two.number_input("Line", value=start.of("line"), format="%.4g", key=start.key("line"))
    running = three.number_input(
        "For cycles running", 1, MOST_CYCLES, value=start.of("for_cycles"), key=start.key("for_cycles")
    )
    return {"comparator": side, "line": line, "for_cycles": running}


def _weight(start: Start, statistic: Statistic) -> dict[str, Any]:
    one, two, three = st.columns(3)
    with one:
        severity = _pick("Raises", SEVERITIES, start, "severity", lambda s: WORD[s])
    with two:
        evidence = _pick("How sure", EVIDENCE, start, "evidence", lambda e: SURE[e])
    found = {"severity": severity, "evidence": evidence}
    if statistic.looks_back:
        found["window"] = three.number_input(
            "Over the last cycles", 3, MOST_CYCLES, value=start.of("window"), key=start.key("window")
        )
    if start.rule is None:
        st.checkbox("For every lineage", key=start.key("every"))
    return found


def _pick(title: str, options: Sequence[str], start: Start, name: str, shown: Callable[[str], str]) -> str:
    first = start.of(name)
    index = options.index(first) if first in options else 0
    return str(st.selectbox(title, options, index, key=start.key(name), format_func=apart(options, shown)))


def _watched(at: desk.Revision, lineage: str, statistic: Statistic, start: Start) -> str:
    """The metric, or the metrics that are judged together."""
    if statistic.of == "family":
        return _pick("Of", families(), start, "family", _family)
    known = desk.known(at, lineage)
    names = list(dict.fromkeys([*desk.measured(at, lineage), *known]))
    first = start.of("metric") or next(m for m in (USUAL, *names) if m in names)
    index = names.index(first) if first in names else 0
    shown = apart(names, lambda metric: plain(known[metric].label))
    # Another metric on the page is another start, which what was chosen before must not hide.
    return str(st.selectbox("Of", names, index, key=start.key(f"metric-{first}"), format_func=shown))


def _family(name: str) -> str:
    return "All that vote" if name == ALL_VOTERS else f"{FAMILY[name]}: those that vote"


def _slice(at: desk.Revision, lineage: str, statistic: Statistic, watches: str, start: Start) -> str | None:
    """The whole, or one of the slices that the watched metrics have."""
    voters = (m.name for m in METRICS.all().values() if m.votes and watches in (ALL_VOTERS, m.family))
    # The user's own slices are measured of every metric alike.
    name = next(voters) if statistic.of == "family" else watches
    found = {part for _, part in desk.parts(at, lineage, name).trends if part}
    first = start.of("slice")
    options = ["", *sorted(found | ({first} if first else set()))]
    shown = apart(options, lambda slice: part(slice) if slice else WHOLE)
    key = start.key(f"slice-{watches}-{first}")
    return str(st.selectbox("Part", options, options.index(first or ""), key=key, format_func=shown)) or None


def _keep(draft: UserRule, start: Start) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Keep the change" if start.rule else "Keep this rule", key=start.key("save"), type="primary"
        ):
            ruling.kept(desk.store(), draft)
            st.session_state.pop("_changing", None)
            bar = st.progress(0.0, text="Judging every cycle again")
            pipeline.refresh(desk.store(), draft.lineage, progress=frame.filling(bar))
            frame.say_next(f"Kept: {in_words(draft.options, part)}")
            st.rerun()
        if start.rule and st.button("Leave it as it was", key=start.key("leave")):
            st.session_state.pop("_changing", None)
            st.rerun()
