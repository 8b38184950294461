"""What the study says of each metric: which narrowing it sees, to which it is blind."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.story import Sight
from dashboard.words import FAMILY
from metrics import seeing
from metrics.core import METRICS
from metrics.seeing import SEEN, Shift, verdict

NOTHING = "Not measured yet."


def strengths() -> list[float]:
    """The shares of the outputs in which narrowings were planted."""
    return sorted({s.strength for s in seeing.study()[0]})


def narrowings() -> list[str]:
    """The kinds that were planted, in order of the study."""
    return list(dict.fromkeys(s.narrowing for s in seeing.study()[0]))


def left_out() -> dict[str, list[str]]:
    """Why metrics were left out of the study, and their labels."""
    out: dict[str, list[str]] = {}
    for name, why in seeing.study()[1].items():
        out.setdefault(why, []).append(METRICS.get(name).label)
    return out


def sights(strength: float) -> tuple[Sight, ...]:
    """Every metric with what it sees at one strength, the voters first, then by family."""
    found = _by_metric(strength)
    order = tuple(FAMILY)
    catalog = [m for m in METRICS.all().values() if m.name not in seeing.study()[1]]
    return tuple(
        Sight(m.name, m.label, m.family, m.votes, m.healthy, _shifts(found.get(m.name)))
        for m in sorted(catalog, key=lambda m: (not m.votes, order.index(m.family), m.label))
    )


def _by_metric(strength: float) -> dict[str, list[Shift]]:
    out: dict[str, list[Shift]] = {}
    for shift in seeing.study()[0]:
        if shift.strength == strength:
            out.setdefault(shift.metric, []).append(shift)
    return out


def _shifts(found: Sequence[Shift] | None) -> tuple[tuple[str, float], ...] | None:
    return tuple((s.narrowing, s.shift) for s in found) if found else None


def in_words(metric: str) -> str:
    """One metric: from which strength on it sees each narrowing, and to which it is blind at every one."""
    if metric in seeing.study()[1]:
        return f"Not in the table of narrowings. {seeing.study()[1][metric]}"
    mine = [s for s in seeing.study()[0] if s.metric == metric]
    if not mine:
        return f"Which narrowing it sees: {NOTHING[0].lower()}{NOTHING[1:]}"
    said = []
    for words, kinds in _sorted(mine, METRICS.get(metric).healthy).items():
        if kinds:
            said.append(f"{words} {', '.join(kinds)}.")
    return " ".join(said)


def _sorted(mine: Sequence[Shift], healthy: str) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {"Sees": [], "Blind to": [], "Reads better, and so misleads, under": []}
    seen, blind, misled = out.values()
    for kind in dict.fromkeys(s.narrowing for s in mine):
        said = {s.strength: verdict(s.shift, healthy) for s in mine if s.narrowing == kind}
        sees = [strength for strength, word in said.items() if word == "sees"]
        if sees:
            seen.append(f"{kind} from {min(sees):.0%}")
        elif "misled" in said.values():
            misled.append(kind)
        else:
            blind.append(kind)
    return out


def voters_in_words(strength: float) -> list[str]:
    """For each narrowing a sentence: which voter sees it best, and how many of them are blind to it."""
    voters = [s for s in sights(strength) if s.votes and s.shifts is not None]
    out = []
    for kind in narrowings() if voters else []:
        shifts = {s.label: dict(s.shifts or ()).get(kind, 0.0) for s in voters}
        best = min(shifts, key=lambda label: shifts[label])
        said = f"{best} sees it best ({shifts[best]:.1f})" if shifts[best] <= -SEEN else "no voter sees it"
        blind = sum(abs(shift) < SEEN for shift in shifts.values())
        out.append(f"{kind.capitalize()}: {said}; {blind} of {len(shifts)} voters are blind to it.")
    return out
