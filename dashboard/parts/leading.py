"""What the benchmark of lead time says of each rule, regime by regime, never pooled."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.words import safe
from metrics import lead_time, lead_verdict
from metrics.lead_time import (
    BENIGN,
    EARLIER,
    HEALTHY,
    NARROWING,
    OURS,
    REGIMES,
    SETTINGS,
    STANDARD,
    STARTING,
    WORLDS,
    Place,
    Row,
    Study,
)
from metrics.lead_verdict import Said

SAYS = (
    "Models were really retrained on real texts, in series of cycles, and every rule judged the same series."
    " Where nothing narrows every alarm is a false one. Where something does, an alarm before the onset is a"
    " false one, and one at or after it has found it; the delay is from the onset, the lead is over the same"
    " rule on mean score. Calm when judged are series that are healthy or on watch as soon as they are"
    " judged. Each line stands for itself: nothing is pooled. Failures are in bold."
)
NOTHING = "Not yet measured."
UNKNOWN = "-"
FOUND = ("false alarms", "found", "delay", "lead")
CALM = ("false alarms", "calm when judged", "collapse", "not judged")
TITLES = (
    "Nothing changes",
    "Something narrows",
    "Only the evaluation changes",
    "In other settings nothing changes",
    "In other settings something narrows",
)
OPEN = TITLES[:2]


def show() -> None:
    """A world and two rules to choose, and a line for each of them in every regime."""
    study = lead_time.study()
    st.html(f'<p class="tw-says">{SAYS}</p>')
    if not study.rows:
        st.text(NOTHING)
        return
    worlds = study.worlds()
    world = st.segmented_control(
        "World",
        worlds,
        default=worlds[0],
        required=True,
        key="lead-world",
        format_func=lambda name: name.replace("_", " "),
    )
    rules, labels = [], study.told("contender")
    for column, title, name in zip(st.columns(2), ("Rule", "Beside it"), (OURS, STARTING), strict=True):
        names = list(labels)
        rules.append(
            column.selectbox(
                title, names, names.index(name), format_func=labels.__getitem__, key=f"lead-{name}"
            )
        )
    about = f"The world: {WORLDS.get(world, world)}. {lead_verdict.unsealed(study, world)}"
    st.html(f'<p class="tw-says tw-quiet">{safe(about)}</p>')
    st.html("".join(group(study, title, places, rules) for title, places in groups(study, world).items()))
    st.html(f'<p class="tw-says tw-quiet">{safe(sources(study), most=1000)}</p>')


def groups(study: Study, world: str) -> dict[str, list[Place]]:
    """What was measured of a world, under what happens in it."""
    found: dict[str, list[Place]] = {title: [] for title in TITLES}
    for place in study.places(world):
        _, setting, regime = place
        narrows = regime in NARROWING
        if setting != STANDARD:
            title = TITLES[4] if narrows else TITLES[3]
        elif narrows:
            title = TITLES[1]
        else:
            title = TITLES[2] if regime in BENIGN else TITLES[0]
        found[title].append(place)
    return {title: places for title, places in found.items() if places}


def group(study: Study, title: str, places: Sequence[Place], rules: Sequence[str]) -> str:
    """The lines of one group under its title, which folds them away."""
    names = FOUND if places[0][2] in NARROWING else CALM
    head = "".join(f"<span>{name[0].upper()}{name[1:]}</span>" for name in names)
    lines = "".join(case(study, place, rules) for place in places)
    return (
        f'<details class="tw-fold"{" open" if title in OPEN else ""}>'
        f'<summary><span class="tw-name">{title}</span></summary>'
        f'<div class="tw-scores tw-head tw-quiet"><span></span>{head}</div>{lines}</details>'
    )


def case(study: Study, place: Place, rules: Sequence[str]) -> str:
    """One regime of one setting: what it is, and a line for each rule."""
    labels, lines = study.told("contender"), ""
    rows = [row for name in dict.fromkeys(rules) if (row := study.row(place, name)) is not None]
    for row in rows:
        said = lead_verdict.verdict(row, study.pair(place) if row.contender == OURS else None)
        lines += line(labels[row.contender], row, said)
    told = f'<span class="tw-quiet">{seen(rows)}</span>' if rows else NOTHING
    return (
        f'<div class="tw-case"><div class="tw-line"><span class="tw-name">{safe(called(place))}</span>'
        f"{told}</div>{lines}</div>"
    )


def seen(rows: Sequence[Row]) -> str:
    """How many series, and where something narrows the share that the first with statuses does not judge."""
    told = [f"{r.unjudged:.0%}" for r in rows if r.detected is not None and r.unjudged is not None]
    return f"{rows[0].series} series" + (f", {told[0]} of their cycles not judged" if told else "")


def called(place: Place) -> str:
    """What happens in a regime; in another setting than the standard one, which.

    >>> called(("synopses", "half_tail", "slow"))
    'Half of the prompts on tail classes: human share falls by 6 points a cycle'
    """
    _, setting, regime = place
    what = REGIMES.get(regime, regime)
    if setting != STANDARD:
        where = SETTINGS.get(setting, setting)
        what = where if regime == HEALTHY else f"{where}: {what}"
    return what[0].upper() + what[1:]


def line(label: str, row: Row, said: Sequence[Said]) -> str:
    """One rule: its numbers under their names, then in words."""
    cells = (
        zip(FOUND, found(row), strict=True) if row.detected is not None else zip(CALM, calm(row), strict=True)
    )
    shown = "".join(f'<span class="tw-score" data-says="{name}">{value}</span>' for name, value in cells)
    words = " ".join(f"<b>{safe(s.words)}</b>" if s.fails else safe(s.words) for s in said)
    return (
        f'<div class="tw-scores"><span>{safe(label)}</span>{shown}<span class="tw-told">{words}</span></div>'
    )


def found(row: Row) -> tuple[str, ...]:
    """Where something narrows: false alarms, what was found, median delay, mean lead."""
    return (
        share(row.false_share, row.false_low, row.false_high),
        share(row.detected_share, row.detected_low, row.detected_high),
        UNKNOWN if row.median_delay is None else f"{row.median_delay:g}",
        lead(row),
    )


def calm(row: Row) -> tuple[str, ...]:
    """Where nothing does: false alarms, series that are calm, that collapse, cycles not judged."""
    return (
        share(row.false_share, row.false_low, row.false_high),
        UNKNOWN if row.settled is None else f"{percent(row.settled)}%",
        UNKNOWN if row.collapses is None else f"{row.collapses}",
        UNKNOWN if row.unjudged is None else f"{row.unjudged:.0%} of the cycles",
    )


def percent(share: float) -> str:
    """In percent, to a tenth.

    >>> percent(0.0254), percent(1.0)
    ('2.5', '100')
    """
    return f"{100 * share:.1f}".removesuffix(".0")


def share(middle: float | None, low: float | None, high: float | None) -> str:
    """A share with its interval.

    >>> share(0.025, 0.0121, 0.0456), share(None, None, None)
    ('2.5% (1.2 to 4.6)', '-')
    """
    if middle is None or low is None or high is None:
        return UNKNOWN
    return f"{percent(middle)}% ({percent(low)} to {percent(high)})"


def lead(row: Row) -> str:
    """The mean lead in cycles with its interval, and in how many series both alarms came."""
    if row.lead is None or row.lead_low is None or row.lead_high is None:
        return "score silent" if row.alone else UNKNOWN
    return f"{row.lead:+.1f} ({row.lead_low:+.1f} to {row.lead_high:+.1f}) in {row.lead_series}"


def sources(study: Study) -> str:
    """By which rule, on which seeds."""
    tuning = study.told("seeds").get("tuning", UNKNOWN)
    # What is said of an earlier opening names its own.
    rules = {world: rule for world, rule in study.told("rule").items() if world not in EARLIER}
    own = ", ".join(f"{rule} in {world}" for world, rule in rules.items())
    one = next(iter(rules.values())) if len(set(rules.values())) == 1 else own
    return (
        f"Tailwatch's rule has the digest {one}. Thresholds were chosen on the seeds"
        f" {tuning}, those of two earlier reports among them; these series are of the"
        f" seeds {study.reported()}. {lead_time.REPORTED_BEFORE}"
        " Intervals are of 95 %: exact for shares, drawn by series for the lead, which counts the series in"
        " which both alarms came."
    )
