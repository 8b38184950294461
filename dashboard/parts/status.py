"""The status of a lineage as a shape, a word and a sentence."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

import pandas as pd

from dashboard import desk, mixes
from dashboard.parts import visible
from dashboard.parts.drawing import shape
from dashboard.words import URGENCY, WORD, ago, safe
from metrics.core import METRICS, SEVERITIES
from metrics.foretelling import BEGINS
from metrics.judging import check_result
from metrics.reports import way_back
from metrics.store import Verdict


def headline(status: str, theme: str, name: str = "", when: str = "") -> str:
    """Shape, word, and behind them the lineage's name and a time."""
    named = f'<span class="tw-name">{safe(name, 80)}</span>' if name else ""
    return (
        f'<div class="tw-line" data-testid="status" data-status="{status}">{shape(status, theme)}'
        f'<span class="tw-word">{WORD[status]}</span>{named}<span class="tw-quiet">{when}</span></div>'
    )


def block(at: desk.Revision, lineage: pd.Series, theme: str, *, named: bool, lead: bool = False) -> str:
    """All that is said of a lineage before any number: status, sentence, facts."""
    name = str(lineage["lineage"])
    said = desk.verdicts(at, name)
    status = said[-1].status if said else "pending"
    size = " tw-lead" if lead else ""
    return (
        headline(status, theme, name if named else "", _when(lineage))
        + f'<p class="tw-says{size}" data-testid="sentence">{explained(sentence(said))}</p>'
        + _facts(at, name, said)
    )


def _human(cycles: pd.DataFrame) -> list[str]:
    """The share of human training examples now and at first, as far as the mix is known."""
    found = [(c, mixes.human_share(m)) for c, m in zip(cycles["cycle"], cycles["mix"], strict=True)]
    known = [(int(c), share) for c, share in found if share is not None]
    if not known:
        return []
    (_, first), (cycle, last) = known[0], known[-1]
    when = "" if cycle == int(cycles["cycle"].iloc[-1]) else f" at cycle {cycle}"
    was = f", was {first:.0%}" if round(first, 2) != round(last, 2) else ""
    return [f"Human share <b>{last:.0%}</b>{when}{was}"]


def of(at: desk.Revision, lineage: str) -> str:
    """The status after the last cycle."""
    said = desk.verdicts(at, lineage)
    return said[-1].status if said else "pending"


def worst_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Alerts by severity; of a whole lineage before those of its parts, and of these the newest first."""
    rank = {severity: -place for place, severity in enumerate(SEVERITIES)}
    keys = pd.DataFrame(
        {"rank": rows["severity"].map(rank), "part": rows["slice"].notna(), "newest": -rows["first_cycle"]}
    )
    return rows.loc[keys.sort_values([*keys.columns], kind="stable").index]


def by_urgency(at: desk.Revision, lineages: pd.DataFrame) -> pd.DataFrame:
    """The lineages, the most urgent first."""
    order = [URGENCY.index(of(at, name)) for name in lineages["lineage"]]
    return lineages.assign(order=order).sort_values(["order", "lineage"], kind="stable")


def sentence(said: list[Verdict]) -> str:
    """What was said after the last cycle."""
    return said[-1].message if said else "This lineage has come in, but has not been measured yet."


@lru_cache
def _terms() -> tuple[tuple[str, str], ...]:
    """Each metric's label as it stands in sentences, with its docstring's first sentence; long ones first."""
    found = {m.label: " ".join(m.doc.split("\n\n")[0].split()) for m in METRICS.all().values()}
    spelled = {form: doc for name, doc in found.items() for form in (name, name.lower())}
    return tuple(sorted(spelled.items(), key=lambda item: -len(item[0])))


def explained(text: str) -> str:
    """A message made safe, with every metric it names underlined and explained on hover.

    What is foretold stands apart from what was seen.
    """
    said, begins, ahead = text.partition(f" {BEGINS}")
    apart = f' <span class="tw-ahead">{_marked(f"{BEGINS}{ahead}")}</span>' if begins else ""
    return _marked(said) + apart


def _marked(text: str) -> str:
    shown = safe(text, 1000)
    marks: list[str] = []
    for name, doc in _terms():
        if safe(name) in shown:
            marks.append(f'<span class="tw-term" title="{safe(doc, 300)}">{safe(name)}</span>')
            shown = shown.replace(safe(name), f"\x00{len(marks) - 1}\x00", 1)
    for i, mark in enumerate(marks):
        shown = shown.replace(f"\x00{i}\x00", mark)
    return shown


def _when(lineage: pd.Series) -> str:
    if pd.isna(lineage["last_cycle"]):
        return "no cycle yet"
    stamp = pd.Timestamp(lineage["last_ingest"]).to_pydatetime()
    words = ago(stamp, datetime.now())
    return f'cycle {int(lineage["last_cycle"])} · <span title="{stamp:%d %B %Y, %H:%M}">{words}</span>'


def _facts(at: desk.Revision, name: str, said: list[Verdict]) -> str:
    facts = []
    if said and said[-1].since is not None:
        facts.append(f"Since <b>cycle {said[-1].since}</b>")
    if said and said[-1].status in ("watch", "narrowing", "collapse"):
        facts.append(_last_healthy(at, name, said))
    facts += _human(desk.cycles(at, name)) + visible.smallest(at, name)
    return f'<div class="tw-facts">{"".join(f"<span>{f}</span>" for f in facts)}</div>' if facts else ""


def _last_healthy(at: desk.Revision, name: str, said: list[Verdict]) -> str:
    """Which cycle to go back to; where none was called healthy in time, the lineage's own baseline."""
    choice, _, accepted = desk.baselines(at, name)
    back = way_back(check_result(name, said, accepted), choice)
    return f"Last healthy: {back[0]}<b>{safe(back[1])}</b>" if back else "Never healthy so far"
