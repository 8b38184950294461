"""Every metric of a lineage at its last cycle: the eight voters in full, the others by family, folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import streamlit as st

from dashboard import desk, glance
from dashboard.glance import Lack
from dashboard.palette import family_colour, palette
from dashboard.parts import drawing
from dashboard.story import Glance
from dashboard.words import ASKS, FAMILY, UNKNOWN, number, safe, z_text
from metrics.narrowing import METRIC_LINE

NAMED = 3
VOTE = "These alone raise alarms, one by one and together."
REST = (
    "The other metrics say what kind of change it is. They raise no alarm: among so many, one or two lie"
    " beyond their normal range by chance."
)


def show(at: desk.Revision, lineage: str, theme: str) -> None:
    """One line for each family, and its metrics in it."""
    st.subheader("Every metric, by family", anchor=False)
    found = glance.groups(glance.glances(at, lineage))
    voters = found.pop(glance.VOTERS, [])
    blocks = []
    if voters:
        words = f'<b class="tw-name">Voters</b> <span>{_stand(voters)}</span>'
        blocks.append(f'<p class="tw-says">{words} <span class="tw-quiet">{VOTE}</span></p>')
        blocks.append(_rows(voters, lineage, theme, head=True))
    if found:
        blocks.append(f'<p class="tw-says tw-quiet">{REST}</p>')
    blocks += [_family(name, rows, lineage, theme) for name, rows in found.items()]
    absent = glance.absent(at, lineage)
    st.html("".join([*blocks, _absent(absent)] if absent else blocks))


def _family(name: str, rows: Sequence[Glance], lineage: str, theme: str) -> str:
    colour = family_colour(palette(theme), name)
    return (
        f'<details class="tw-fold" data-testid="family-{name}"><summary>'
        f'<span class="tw-swatch" style="background:{colour}"></span> <b class="tw-name">{FAMILY[name]}</b>'
        f' <span class="tw-count">{len(rows)}</span> {_stand(rows)}</summary>'
        f'<p class="tw-says tw-quiet">{ASKS[name]}</p>{_rows(rows, lineage, theme)}</details>'
    )


def _stand(rows: Sequence[Glance]) -> str:
    """How a group of metrics stands, in one sentence."""
    judged = [row for row in rows if row.point.z is not None]
    off = sorted((r for r in judged if glance.is_off(r)), key=lambda r: -abs(r.point.z or 0.0))
    if not judged:
        return "Not compared with a baseline yet."
    if not off:
        return (
            f"All {len(judged)} within their normal range." if len(judged) > 1 else "Within its normal range."
        )
    names = ", ".join(safe(r.line.label, 40) for r in off[:NAMED])
    more = f" and {len(off) - NAMED} more" if len(off) > NAMED else ""
    return f"{len(off)} of {len(judged)} beyond their normal range: <b>{names}</b>{more}."


def _rows(rows: Sequence[Glance], lineage: str, theme: str, head: bool = False) -> str:
    cells = "".join(_row(row, lineage, theme) for row in rows)
    names = ("", "", f"at cycle {rows[0].point.cycle}", "of baseline", "against its normal movement")
    top = "".join(f'<span class="tw-value">{name}</span>' for name in names)
    shown = f'<div class="tw-item tw-head tw-quiet">{top}</div>' if head else ""
    return f'<div class="tw-list">{shown}{cells}</div>'


def _row(row: Glance, lineage: str, theme: str) -> str:
    point, line = row.point, row.line
    link = f"?{urlencode({'lineage': lineage, 'metric': line.metric})}#one-metric"
    share = point.share(point.value)
    known = number(point.value) if point.value is not None else UNKNOWN.get(point.status, "unknown")
    return (
        f'<div class="tw-item"><a href="{safe(link, 2000)}" target="_self" title="{safe(row.says, 300)}">'
        f"{safe(line.label, 60)}</a>"
        f"{drawing.tiny(row.values, point.baseline, line.family, theme)}"
        f'<span class="tw-value">{known}</span>'
        f'<span class="tw-value tw-quiet">{f"{share:.0f} %" if share is not None else ""}</span>'
        f"{_word(row)}</div>"
    )


def _word(row: Glance) -> str:
    point = row.point
    if point.z is None or point.value is None or point.baseline is None:
        return "<span></span>"
    if not glance.is_off(row):
        return '<span class="tw-quiet">normal</span>'
    side = "▼ low" if point.value < point.baseline else "▲ high"
    return f"<b>{side}, z {z_text(point.z, METRIC_LINE, '+')}</b>"


def _absent(found: Mapping[Lack, Sequence[str]]) -> str:
    """The metrics without any value in one line, with the columns that would bring them."""
    count = sum(len(labels) for labels in found.values())
    said = f"{count} metrics have no value here" if count > 1 else "One metric has no value here"
    columns = dict.fromkeys(c for lack in found for c in lack.columns)
    would = f" These columns would bring some: {safe(', '.join(columns), 200)}." if columns else ""
    rows = "".join(_lacking(lack, labels) for lack, labels in found.items())
    return (
        '<details class="tw-fold" data-testid="absent"><summary class="tw-quiet">'
        f"{said}.{would}</summary>{rows}</details>"
    )


def _lacking(lack: Lack, labels: Sequence[str]) -> str:
    several = "s" if len(lack.columns) > 1 else ""
    column = f" (column{several} {safe(', '.join(lack.columns))})" if lack.columns else ""
    names = safe(", ".join(labels), 2000)
    return f'<p class="tw-says">{safe(lack.words, 300)}{column}: {names}.</p>'
