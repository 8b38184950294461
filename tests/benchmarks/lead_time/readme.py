"""What the README says of the benchmark of lead time, made from the tables that ship."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import fill

from metrics.lead_time import (
    EARLIER,
    HEALTHY,
    NARROWING,
    ORACLE,
    OURS,
    REGIMES,
    REPORTED_BEFORE,
    SEALED,
    SETTINGS,
    STANDARD,
    STARTING,
    WORLDS,
    Place,
    Row,
    Study,
)
from metrics.lead_verdict import unsealed, verdict
from tests.benchmarks.lead_time import plan

BEGIN, END = "<!-- lead_time: made by `make bench-alerts` -->", "<!-- lead_time: end -->"
NOT_YET = "Not yet measured: `make bench-alerts` makes the series, judges them and writes this section."
NONE = "-"
FIRST = ("series", "not judged", "Tailwatch", "starting rule")
WIDTH = 118
HOW = (
    "False alarms are the share of series with an alarm where nothing narrows, or before the onset, with a"
    " 95 % interval. Where something narrows: false alarms; share found at or after the onset; median cycles"
    " until then; mean lead over the same rule on mean score where both came. Nothing is pooled. The oracle"
    " sees the true tail recall. Not judged is the share of cycles that Tailwatch calls learning or not"
    " comparable. The best rival is the popular rule that finds most, then soonest, of those"
    " that may keep 5 % on healthy series. All contenders in every regime, with intervals: in the app, *How"
    " it is measured*."
)
THERE = "Its tables are in the app, *How it is measured*."


def block(study: Study) -> str:
    """The section, without its markers."""
    if not study.rows:
        return NOT_YET
    worlds = [_world(study, world) for world in study.worlds()]
    return "\n\n".join([fill(HOW, WIDTH), _grid(*_healthy(study)), *worlds, fill(_of(study), WIDTH)])


def replace_block(path: Path, study: Study) -> None:
    """Put the section between its markers."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n{block(study)}\n{END}{after}", encoding="utf-8")


def _world(study: Study, world: str) -> str:
    """Two tables of one world, and what ours does not do in it; of an earlier opening only the last."""
    places = study.places(world)
    fails = [f"- {_name(place)}: {' '.join(said)}" for place in places if (said := _fails(study, place))]
    about = [f"**{world}**: {WORLDS.get(world, '')}.", unsealed(study, world)]
    tables = []
    if world in EARLIER:
        about.append(THERE)
    else:
        tables = [
            _grid(("nothing narrows", *FIRST, "oracle"), _calm(study, places)),
            _grid(("something narrows", *FIRST, "oracle", "best rival"), _narrows(study, places)),
        ]
    said = "Where Tailwatch fails here:\n\n" + "\n".join(fails) if fails else "Tailwatch fails nowhere here."
    return "\n\n".join([fill(" ".join(about).rstrip(), WIDTH), *(t for t in tables if t), said])


def _fails(study: Study, place: Place) -> list[str]:
    row = study.row(place, OURS)
    said = verdict(row, study.pair(place)) if row else []
    return [each.words for each in said if each.fails]


def _name(place: Place) -> str:
    _, setting, regime = place
    what = REGIMES.get(regime, regime)
    if setting == STANDARD:
        return f"`{regime}`, {what}"
    return f"`{setting}`, {SETTINGS.get(setting, setting)}" + ("" if regime == HEALTHY else f": {what}")


def _healthy(study: Study) -> tuple[Sequence[str], Iterator[list[str]]]:
    """Every contender where nothing changes, world by world."""
    worlds = study.worlds()

    def lines() -> Iterator[list[str]]:
        for name, label in study.told("contender").items():
            rows = [study.row((world, STANDARD, HEALTHY), name) for world in worlds]
            yield [label, *map(_false, rows)]

    return ("healthy series flagged", *(f"`{world}`" for world in worlds)), lines()


def _calm(study: Study, places: Sequence[Place]) -> Iterator[list[str]]:
    for place in places:
        if place[2] not in NARROWING:
            three = [study.row(place, name) for name in (OURS, STARTING, ORACLE)]
            yield [_name(place), _series(three), _unjudged(three[0]), *map(_false, three)]


def _narrows(study: Study, places: Sequence[Place]) -> Iterator[list[str]]:
    for place in places:
        if place[2] in NARROWING:
            three = [study.row(place, name) for name in (OURS, STARTING, ORACLE)]
            rival = study.rival(place)
            best = f"{study.told('contender').get(rival.contender, '')}: {_found(rival)}" if rival else NONE
            yield [_name(place), _series(three), _unjudged(three[0]), *map(_found, three), best]


def _series(rows: Sequence[Row | None]) -> str:
    return str(next((row.series for row in rows if row), NONE))


def _unjudged(row: Row | None) -> str:
    return NONE if row is None or row.unjudged is None else f"{row.unjudged:.0%}"


def _false(row: Row | None) -> str:
    if row is None:
        return NONE
    return f"{row.false_share:.1%} ({row.false_low:.1%} to {row.false_high:.1%})"


def _found(row: Row | None) -> str:
    if row is None or row.detected_share is None:
        return NONE
    delay = NONE if row.median_delay is None else f"{row.median_delay:g}"
    silent = "score silent" if row.alone else NONE
    lead = silent if row.lead is None else f"{row.lead:+.1f}"
    return f"{row.false_share:.0%}; {row.detected_share:.0%}; {delay}; {lead}"


def _of(study: Study) -> str:
    rules = ", ".join(f"{world} `{rule}`" for world, rule in study.told("rule").items())
    return (
        f"Rule by world: {rules}. Thresholds were chosen on the seeds {study.told('seeds')['tuning']}, those"
        f" of two earlier reports among them; these are of {study.reported()}. {REPORTED_BEFORE}"
        f"{_lacking(study)}"
    )


def _lacking(study: Study) -> str:
    """What is planned and was not judged by this rule."""
    found = []
    for world in (*plan.OPEN, SEALED):
        planned = [(c.world, c.setting, c.regime) for c in plan.cells([world])]
        lacks = [place for place in planned if study.row(place, OURS) is None]
        names = ", ".join(f"`{regime if setting == STANDARD else setting}`" for _, setting, regime in lacks)
        found += [f"{world}: {'everything' if lacks == planned else names}"] if lacks else []
    return f" Planned and not judged by this rule so far: {'; '.join(found)}." if found else ""


def _grid(head: Sequence[str], lines: Iterator[list[str]]) -> str:
    found = list(lines)
    if not found:
        return ""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *found))
