"""Choosing a baseline: what a person may choose, and which alerts are accepted with it."""

from __future__ import annotations

from collections.abc import Sequence

from metrics import baselines
from metrics.baselines import Choice, cycles_text
from metrics.comparability import difference
from metrics.core import TailwatchError
from metrics.fields import clean
from metrics.store import Store

MOST_NOTE = 500
STANDING = ("open", "acknowledged")


def choose(
    store: Store,
    lineage: str,
    *,
    first: int | None = None,
    cycles: Sequence[int] = (),
    like: str | None = None,
    reference: bool = False,
    note: str = "",
) -> Choice:
    """Choose what counts as normal: so many first cycles, a set, a control lineage's, or the human reference.

    A set that holds cycles in which an alert stands accepts what was lost: that takes a note, and the alert
    is closed with it. Raises TailwatchError where the choice cannot be.
    """
    if store.state(lineage) is None:
        raise TailwatchError(f"There is no lineage '{lineage}' in the store.", do="Upload a cycle first.")
    if sum([first is not None, bool(cycles), like is not None, reference]) != 1:
        raise TailwatchError("Choose one baseline:", do="first cycles, a set, a control, or the reference.")
    word = " ".join(clean(note).split())[:MOST_NOTE]
    accepts: list[str] = []
    if cycles:
        _check_cycles(store, lineage, cycles)
        choice = store.choice(lineage).then(cycles)
        accepts = _accepted(store, lineage, choice.pinned[-1], word)
    elif like is not None:
        choice = _control(store, lineage, like)
    elif reference:
        choice = _reference(store, lineage)
    else:
        choice = baselines.first(first or 0)
    store.set_baseline(lineage, choice, word, accepts)
    return choice


def _check_cycles(store: Store, lineage: str, cycles: Sequence[int]) -> None:
    known = {c.cycle: c for c in store.conditions(lineage)}
    for cycle in cycles:
        if cycle not in known:
            found = f"it has {', '.join(map(str, known))}." if known else "it has none."
            raise TailwatchError(f"Lineage '{lineage}' has no cycle {cycle};", found)
    chosen = [known[cycle] for cycle in sorted(set(cycles))]
    for i, other in enumerate(chosen[1:], start=1):
        why = difference(other, chosen[:i], chosen[:i], chosen[0])
        if why is not None:
            raise TailwatchError(
                f"{cycles_text([c.cycle for c in chosen]).capitalize()} are no baseline together:",
                f"of cycle {other.cycle}, {why}.",
                "Choose cycles that were evaluated alike.",
            )


def _accepted(store: Store, lineage: str, cycles: Sequence[int], note: str) -> list[str]:
    """The alerts that stand, on evidence from these cycles or before: they become what is normal."""
    rows = store.alerts(lineage)
    rows = rows[rows["state"].isin(STANDING) & (rows["since_cycle"] <= max(cycles))]
    if len(rows) and not note:
        worst = rows.iloc[0]
        text = cycles_text(cycles)
        raise TailwatchError(
            f"An alert stands: {worst['severity']} since cycle {worst['since_cycle']}.",
            f"With {text} as the baseline, what was lost until then is accepted as normal.",
            "If so, say why with --note TEXT.",
        )
    return [str(name) for name in rows["id"]]


def _control(store: Store, lineage: str, like: str) -> Choice:
    names = store.lineages()["lineage"].tolist()
    if like == lineage or like not in names:
        others = [name for name in names if name != lineage]
        found = f"{', '.join(others)}." if others else "no other."
        wrong = (
            "A lineage cannot be its own control;" if like == lineage else f"There is no lineage '{like}';"
        )
        raise TailwatchError(wrong, f"beside '{lineage}', the store has {found}")
    theirs = store.choice(like)
    if theirs.like is not None or theirs.reference:
        raise TailwatchError(
            f"'{like}' cannot be a control:",
            f"its own baseline is {theirs.words}.",
            "A control has cycles of its own as its baseline.",
        )
    return Choice(like=like)


def _reference(store: Store, lineage: str) -> Choice:
    state = store.state(lineage)
    if state is None or state.reference is None:
        raise TailwatchError(
            f"'{lineage}' has no human reference.",
            do=f"Pin one: `tailwatch reference FILE --lineage {lineage}`.",
        )
    return Choice(reference=True)
