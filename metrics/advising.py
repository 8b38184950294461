"""What an eval set can see, in sentences and as plain values, and what would make it see more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from metrics.core import NEEDED_TO_VOTE
from metrics.moving import Moving
from metrics.planning import LONG, OUTPUTS, TAIL_PROMPTS, Aim, Detectable, detectables, seen_with, spread
from metrics.planting import loss_between

# An eval set is thin in the tail where less than this share of it tells of tail classes. Half would be best;
# prompts of uneven weight count for fewer than they are.
THIN = 0.3
# What leaves the smallest loss at more than this share of itself is no help.
HELPS = 0.9
# More than this share of what sets retrains apart goes over to the next one.
MOSTLY = 0.5
NO_VOTE = f"With so few nothing votes, so that no alert can come: {NEEDED_TO_VOTE}."


def plan(moving: Moving, aim: Aim, seeded: bool = False) -> dict[str, Any]:
    """What each voter sees with what is there, how many prompts would show the loss aimed at, and advice.

    `seeded`: whether some cycle has replicate seeds.
    """
    found = detectables(moving, aim)
    return {
        "lineage": moving.lineage,
        "cycles": moving.cycles,
        **asdict(aim),
        "outputs": _most(found, OUTPUTS),
        "tail_prompts": _most(found, TAIL_PROMPTS),
        "message": message(found, aim, moving.cycles, _lasting(moving), seeded),
        "advice": thin_tail(moving, found, aim),
        "metrics": [asdict(d) for d in found],
    }


def _lasting(moving: Moving) -> set[str]:
    """The metrics whose retrains carry most of what sets them apart on to the next."""
    carried = zip(moving.places, moving.noise.carried, strict=True)
    return {p.metric.name for p, share in carried if p.like.slice is None and share > MOSTLY}


def _most(found: Sequence[Detectable], counts: str) -> int | None:
    """How many would be enough for all of these that any number is enough for."""
    tail = [d.needed for d in found if d.counts == TAIL_PROMPTS and d.needed is not None]
    every = [d.needed for d in found if d.needed is not None]
    # Tail prompts are outputs too.
    return max(tail if counts == TAIL_PROMPTS else every, default=None)


def in_words(d: Detectable) -> str:
    """One voter: 'with 151 tail prompts a fall from 0.341 to 0.229 (33 %) is seen'."""
    have = f"with {d.n:,.0f} {d.counts}"
    if not d.votes:
        have = f"{have} it does not vote; if it did,"
    if d.seen is None or d.loss is None:
        return f"{have} no fall from {d.baseline:.3g} is deep enough to be seen"
    return f"{have} a {_move(d)} from {d.baseline:.3g} to {d.seen:.3g} ({percent(d.loss)}) is seen"


def _move(d: Detectable) -> str:
    return "fall" if d.seen is None or d.seen <= d.baseline else "rise"


def message(
    found: Sequence[Detectable],
    aim: Aim,
    cycles: int,
    lasting: Collection[str] = frozenset(),
    seeded: bool = False,
) -> str:
    """How many prompts it takes, and for which voters no number is enough.

    In `lasting` metrics a little adds up: what sets two retrains apart is carried on to the next.
    """
    if not found:
        return "Nothing votes here yet, so that nothing can be planned."
    noisy, coarse = ([d for d in found if d.hidden == what] for what in ("retraining", "step"))
    said = [] if any(d.votes for d in found) else [NO_VOTE]
    if noisy:
        apart = ", ".join(f"{d.label.lower()} ({_apart(d, d.metric in lasting)})" for d in noisy)
        use = "Use replicate seeds, several retrains of one cycle."
        more = "More replicate seeds of each cycle would help." if seeded else use
        said.append(
            f"No number of prompts would show a {aim.loss:.0%} loss where retrains alone differ too much, as"
            f" far as {cycles} cycles tell: {apart}. {more}"
        )
    if coarse:
        names = ", ".join(d.label.lower() for d in coarse)
        said.append(f"One step of its count is too large to show a {aim.loss:.0%} loss: {names}.")
    return " ".join([*said, *([_takes(found, aim, cycles)] if any(d.needed for d in found) else [])])


def _apart(d: Detectable, lasting: bool) -> str:
    """By how much retrains differ."""
    return f"by {percent(d.retraining)}{', and most of that is carried on to the next' if lasting else ''}"


def percent(share: float) -> str:
    """A share in percent, with a decimal where it is below one.

    >>> percent(0.184), percent(0.0042)
    ('18%', '0.4%')
    """
    return f"{share:.1%}" if 0.0005 <= share < 0.0095 else f"{share:.0%}"


def _takes(found: Sequence[Detectable], aim: Aim, cycles: int) -> str:
    able = [d for d in found if d.needed is not None]
    which = "every voter" if len(able) == len(found) else "the other voters"
    goal = (
        f"a {aim.loss:.0%} loss of {which} within {aim.within} cycles, with {aim.power:.0%} power{at(cycles)}"
    )
    if all((d.needed or 0) <= d.n for d in able):
        return f"What is there is enough to see {goal}."
    said = [_most_of([d for d in able if d.counts == kind]) for kind in (TAIL_PROMPTS, OUTPUTS)]
    return f"To see {goal}, takes about {' and '.join(words for words in said if words)}."


def at(cycles: int) -> str:
    """Of how long a lineage it is said, where this one is shorter: in young ones a fall hides in part."""
    return f" in a lineage of {LONG} cycles" if cycles < LONG else ""


def _most_of(found: Sequence[Detectable]) -> str:
    """How many it takes, and for which voter most: '1,500 tail prompts (for tail recall)'."""
    most = max(found, key=lambda d: d.needed or 0, default=None)
    return f"{most.needed:,} {most.counts} (for {most.label.lower()})" if most else ""


def thin_tail(moving: Moving, found: Sequence[Detectable], aim: Aim) -> str:
    """What half the prompts on tail classes would show, where few are and the loss aimed at is not seen."""
    half = max((d.n for d in found if d.counts == OUTPUTS), default=0.0) / 2
    d = next((d for d in found if d.counts == TAIL_PROMPTS), None)
    if d is None or d.n >= 2 * THIN * half or (d.loss is not None and d.loss <= aim.loss):
        return ""
    rests = f"{d.label.lower()} rests on {d.n:,.0f} of {2 * half:,.0f} outputs"
    said = f"The eval set is thin in the tail: {rests}."
    place = next(i for i, p in enumerate(moving.places) if p.like.metric == d.metric)
    metric = moving.places[place].metric
    seen = seen_with(metric, d.baseline, spread(moving, place), half / d.n, aim)
    then = 1.0 if seen is None else loss_between(metric, d.baseline, seen)
    if then > HELPS * (d.loss or 1.0):
        return f"{said} More would hardly help: retrains alone differ by {percent(d.retraining)}."
    now = "none" if d.loss is None else percent(d.loss)
    return (
        f"{said} With half of them on tail classes a loss of {percent(then)} would be seen, instead of {now}."
    )
