"""What the tables of the benchmark of lead time say, in words, failures and all."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.lead_time import EARLIER, HEALTHY, PROMISE, STANDARD, Pair, Row, Study

# A rule that finds fewer than so many misses most.
SEEN = 0.5


@dataclass(frozen=True)
class Said:
    """A sentence on a row, and whether it tells of a failure."""

    words: str
    fails: bool


def verdict(row: Row, pair: Pair | None = None) -> list[Said]:
    """What a row says, in words; `pair` is given for ours alone."""
    return [*(_calm(row) if row.detected is None else _found(row)), *_beside(pair)]


def _calm(row: Row) -> list[Said]:
    """Of series in which nothing narrows."""
    if row.false_low > PROMISE:
        said = [Said("Cries wolf: more than 5% are flagged.", True)]
    elif row.false_high <= PROMISE:
        said = [Said("5% or less are flagged.", False)]
    elif row.false_share > PROMISE:
        said = [Said("More than 5% are flagged, which may be chance.", True)]
    else:
        # Only the standard setting has series enough to show it.
        shown = (row.setting, row.regime) != (STANDARD, HEALTHY)
        said = [Said("More than 5% cannot be excluded.", not shown)]
    if row.collapses:
        said.append(Said(f"Says collapse in {row.collapses}.", True))
    if row.settled is not None and row.settled < 1:
        said.append(
            Said(f"{1 - row.settled:.1%} are in alarm as soon as they are judged, or never judged.", True)
        )
    return said


def _found(row: Row) -> list[Said]:
    """Of series in which something narrows."""
    said = [Said("Cries wolf before the onset.", True)] if row.false_low > PROMISE else []
    if row.detected_share is not None and row.detected_share < SEEN:
        said.append(Said("Misses most of it.", True))
    if row.lead_low is not None and row.lead_high is not None:
        said.append(_lead(row.lead_low, row.lead_high))
    elif row.alone:
        said.append(Said("Mean score says nothing.", False))
    if row.resolved is not None and row.resolved < 1:
        late = f"{1 - row.resolved:.0%} are not over 4 cycles after human data came back."
        said.append(Said(late, True))
    if row.let_go:
        said.append(Said(f"{row.let_go:.0%} are called over while it goes on.", True))
    return said


def _lead(low: float, high: float) -> Said:
    if high < 0:
        return Said("Later than mean score.", True)
    if low > 0:
        return Said("Ahead of mean score.", False)
    return Said("No lead is shown.", True)


def _beside(pair: Pair | None) -> list[Said]:
    """Where ours is worse than the starting rule."""
    if pair is None:
        return []
    worse = {
        "cries wolf more often": pair.false_low > 0,
        "finds less": pair.detection_high is not None and pair.detection_high < 0,
        "is later": pair.delay_low is not None and pair.delay_low > 0,
        "leads by less": pair.lead_high is not None and pair.lead_high < 0,
    }
    said = " and ".join(words for words, so in worse.items() if so)
    return [Said(f"Against the starting rule it {said}.", True)] if said else []


def unsealed(study: Study, world: str) -> str:
    """What is to be known of a sealed world's table; nothing of another, or where it was never opened."""
    first, now = study.told("opened").get(world), study.told("rule")
    if first is None:
        return ""
    alike = world in study.told("alike")
    if now.get(world) != first and not alike:
        return (
            f"This world was first opened with the rule {first}; its table is of a later rule, whose makers"
            " may have seen it."
        )
    if any(rule != now.get(world) for other, rule in now.items() if other not in EARLIER):
        return (
            f"This table is of the rule {first}, by which the world was opened; the rule has changed since."
        )
    since = f" The rule {now[world]} says the same of every regime, figure for figure." if alike else ""
    if any(before in study.told("opened") for before in EARLIER):
        return (
            f"The world was opened again when the thresholds of the rule {first} stood: its series are new,"
            f" but its texts, its regimes and what it showed before were known.{since}"
        )
    return f"The world was opened when the thresholds of the rule {first} stood.{since}"
