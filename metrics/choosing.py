"""Choosing a baseline: what a person may choose, and which alerts are accepted with it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import pandas as pd

from metrics import baselines
from metrics.baselines import Choice, cycles_text
from metrics.comparability import difference
from metrics.core import SEVERITIES, TailwatchError
from metrics.fields import clean
from metrics.store import Store

MOST_NOTE = 500
# Letters and signs by their kind that look like nothing: fillers, and a pattern of no dots.
UNSEEN = "\u115f\u1160\u3164\uffa0\u2800"
STANDING = ("open", "acknowledged")
ABOUT = ["rule", "metric", "slice"]


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
    is closed with it. So do first cycles in which one began, and every cycle is judged anew. Raises
    TailwatchError where the choice cannot be.
    """
    if store.state(lineage) is None:
        raise TailwatchError(f"There is no lineage '{lineage}' in the store.", do="Upload a cycle first.")
    if sum([first is not None, bool(cycles), like is not None, reference]) != 1:
        raise TailwatchError("Choose one baseline:", do="first cycles, a set, a control, or the reference.")
    if like is not None or reference:
        _leads_none(store, lineage)
    word = " ".join(clean(note).split())[:MOST_NOTE] if _says_something(note) else ""
    accepts: list[str] = []
    if cycles:
        _check_cycles(store, lineage, cycles)
        choice = store.choice(lineage).then(cycles)
        standing = _standing(store, lineage)
        pinned = choice.pinned[-1]
        accepts = _accepted(standing[standing["since_cycle"] <= max(pinned)], pinned, word)
    elif like is not None:
        choice = _control(store, lineage, like)
    elif reference:
        choice = _reference(store, lineage)
    else:
        choice = baselines.first(first or 0)
        frozen = _frozen_anew(store, lineage, choice)
        standing = _standing(store, lineage)
        _accepted(standing[standing["since_cycle"].isin(frozen)], frozen, word)
    store.set_baseline(lineage, choice, word, accepts)
    return choice


def silenced(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """What the alerts said that stood by one baseline and are none by another; those accepted stay alerts."""
    stood, known = before[before["state"].isin(STANDING)], set(_about(after))
    told = zip(_about(stood), stood["message"], strict=True)
    return [str(said) for each, said in told if each not in known]


def _about(alerts: pd.DataFrame) -> list[tuple[str, ...]]:
    """What alerts are about: that of the whole is the same one, whichever metric leads it."""
    whole = alerts["rule"] == "early_warning"
    told = alerts[ABOUT].assign(metric=alerts["metric"].mask(whole))
    return [tuple(each) for each in told.astype(object).fillna("").to_numpy()]


def _says_something(note: str) -> bool:
    """Whether a note has a letter, a digit or a sign, and not only what no screen shows."""
    return any(unicodedata.category(sign)[0] in "LNPS" and sign not in UNSEEN for sign in note)


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


def _standing(store: Store, lineage: str) -> pd.DataFrame:
    rows = store.alerts(lineage)
    return rows[rows["state"].isin(STANDING)]


def _frozen_anew(store: Store, lineage: str, choice: Choice) -> list[int]:
    """What the first cycles of every evaluation would hold that no baseline holds now."""
    standings = [s for s in store.standings(lineage) if s.cycle >= 0]
    now = {cycle for s in standings for cycle in s.baseline}
    segments = {s.segment: [o.cycle for o in standings if o.segment == s.segment] for s in standings}
    return sorted({cycle for own in segments.values() for cycle in sorted(own)[: choice.first]} - now)


def _accepted(rows: pd.DataFrame, cycles: Sequence[int], note: str) -> list[str]:
    """The alerts that are accepted with a baseline of these cycles, what was lost becoming what is normal."""
    if len(rows) and not note:
        said = _worst(rows)
        raise TailwatchError(
            f"{said[0].upper()}{said[1:]}.",
            f"With {cycles_text(cycles)} as the baseline, what was lost until then is accepted as normal.",
            "If so, say why with --note TEXT.",
        )
    return [str(name) for name in rows["id"]]


def _leads_none(store: Store, lineage: str) -> None:
    """A control has a baseline of its own: others are judged by it."""
    if followers := store.followers(lineage):
        raise TailwatchError(
            f"'{lineage}' is the control of {', '.join(followers)}.",
            do="A control has cycles of its own as its baseline.",
        )


def delete_cycle(store: Store, lineage: str, cycle: int) -> None:
    """Delete a cycle.

    Raises TailwatchError where others are judged by a baseline that it is part of, or an alert stands by it:
    what is normal does not change in passing.
    """
    if not any(cycle in standing.baseline for standing in store.standings(lineage)):
        return store.delete_cycle(lineage, cycle)
    if followers := store.followers(lineage):
        raise TailwatchError(
            f"Cycle {cycle} is part of the baseline by which {', '.join(followers)}"
            f" {'is' if len(followers) == 1 else 'are'} judged.",
            do="Choose another baseline for them first: `tailwatch baseline --lineage L --first 4`.",
        )
    stands = _standing(store, lineage)
    if len(stands):
        raise TailwatchError(
            f"Cycle {cycle} is part of a baseline of '{lineage}', and {_worst(stands)}.",
            "Without it, later cycles would become what is normal.",
            "Choose these first: `tailwatch baseline --lineage L --cycles A-B --note TEXT`.",
        )
    return store.delete_cycle(lineage, cycle)


def _worst(alerts: pd.DataFrame) -> str:
    """The worst of some alerts, in words."""
    worst = max(alerts.to_dict("records"), key=lambda row: SEVERITIES.index(row["severity"]))
    more = f", and {len(alerts) - 1} more" if len(alerts) > 1 else ""
    return f"an alert stands: {worst['severity']} since cycle {worst['since_cycle']}{more}"


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
