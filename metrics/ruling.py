"""Users' rules as the command line and the app make them: does one fit the store, and what does each do?"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from metrics import pipeline, trials
from metrics.core import History, Metric, TailwatchError, Undefined
from metrics.figures import STATISTICS
from metrics.pipeline import Progress
from metrics.rules.threshold import watched
from metrics.spots import Spot
from metrics.store import Store, UserRule
from metrics.terms import WINDOW, checked, digits, families
from metrics.trials import Trial

KIND = "threshold"
NAMED = 20
TERMS = (
    *("metric", "family", "slice", "statistic", "window", "comparator", "line", "for_cycles"),
    *("severity", "evidence"),
)
SHARES = ("false_alarms", "false_alarms_low", "false_alarms_high")
COLUMNS = ("id", "lineage", "tried_on", *TERMS, *SHARES, "cycles", "fired_at", "unknown_at", "does")


def drafted(store: Store, lineage: str | None, given: Mapping[str, Any], name: str | None = None) -> UserRule:
    """A rule as it would be kept: a new one, or the rule of that name with what is given changed.

    `given` are options of a rule, see `metrics.terms.checked`. `watches` may stand for metric or family: some
    have the same name, and the statistic tells. An empty slice means the whole.
    """
    was = None if name is None else named(store, lineage, name)
    options = {**(was.options if was else {}), **given}
    watches = options.pop("watches", None)
    if watches is not None:
        known = STATISTICS.all().get(options.get("statistic") or "value")
        options["family" if known and known.of == "family" else "metric"] = watches
    options["slice"] = options.get("slice") or None
    of = was.lineage if was else lineage
    return UserRule(was.id if was else "", of, KIND, fitting(store, of, options))


def named(store: Store, lineage: str | None, name: str) -> UserRule:
    """The rule of that name; that of another lineage than asked for is a mistake."""
    rule = store.rule(name)
    if lineage is not None and rule.lineage not in (None, lineage):
        raise TailwatchError(f"Rule '{rule.id}' is one of lineage '{rule.lineage}',", f"not of '{lineage}'.")
    return rule


def kept(store: Store, draft: UserRule) -> UserRule:
    """Store a draft; what it says of the cycles so far is judged at the next refresh."""
    if draft.id:
        return store.edit_rule(draft.id, draft.options)
    return store.add_rule(draft.lineage, draft.kind, draft.options)


def fitting(store: Store, lineage: str | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """Checked terms of a rule on a lineage, or on all, that can come to something in this store.

    Raises TailwatchError where the metric or the slice is not there, the statistic needs a human reference
    and none is pinned, or the line can never be met.
    """
    terms = checked(options)
    if "metric" in terms:
        _is_metric(store, terms["metric"], lineage)
    _above_least(store, terms, lineage)
    names = [lineage] if lineage is not None else store.lineages()["lineage"].tolist()
    if STATISTICS.get(terms["statistic"]).needs_reference:
        _has_reference(store, names)
    found = [history for n in names if (history := trials.history_of(store, n, terms)).trends]
    if found:
        _has_slice(found, terms)
        _within_reach(found, terms)
    return terms


def _is_metric(store: Store, name: str, lineage: str | None) -> None:
    known = pipeline.known_metrics(store, lineage)
    if name in known:
        return
    if name in families():
        found = "and a family has only an index."
        raise TailwatchError(f"'{name}' is no metric but a family,", found, "Ask for --statistic index.")
    near = difflib.get_close_matches(name, known, n=3)
    if not near:
        pipeline.metric_named(store, name, lineage)
    raise TailwatchError(f"There is no metric '{name[:80]}'.", f"Is it {' or '.join(sorted(near))}?")


def _above_least(store: Store, terms: Mapping[str, Any], lineage: str | None) -> None:
    """Nothing lies below the least that a statistic can be, such as 0 % of a share."""
    statistic = STATISTICS.get(terms["statistic"])
    if terms["comparator"] != "below" or terms["line"] > statistic.least:
        return
    metric = pipeline.known_metrics(store, lineage).get(terms.get("metric", ""))
    if metric is None or metric.bounds[0] >= 0:
        raise TailwatchError(
            f"Below {terms['line']:g} this rule never fires:",
            f"'{statistic.name}' is {statistic.least:g} or more.",
            "Give a higher line, or one to fire above.",
        )


def _has_reference(store: Store, names: Sequence[str]) -> None:
    if not any((state := store.state(name)) and state.reference for name in names):
        where = f"'{names[0]}' has none" if len(names) == 1 else "no lineage has one"
        raise TailwatchError(
            f"This rule is held against the pinned human reference, and {where}.",
            do=f"Pin one with `tailwatch reference FILE --lineage {names[0] if len(names) == 1 else 'L'}`.",
        )


def _has_slice(found: Sequence[History], terms: Mapping[str, Any]) -> None:
    if terms.get("slice") is None or any(watched(history, terms) for history in found):
        return
    known = sorted({part for history in found for _, part in history.trends if part is not None})
    listed = ", ".join(part[:40] for part in known[:NAMED]) + (" ..." if len(known) > NAMED else "")
    raise TailwatchError(
        f"There is no slice '{terms['slice'][:80]}';", f"it has {listed}." if known else "it has none."
    )


def _within_reach(found: Sequence[History], terms: Mapping[str, Any]) -> None:
    """A line that a metric can never meet is a slip, such as 70 for .7."""
    met = [pair for history in found if (pair := _met(history, terms)) is not None]
    if not met or any(m.bounds[0] <= at <= m.bounds[1] for m, at in met):
        return
    metric, at = met[0]
    low, high = (digits(bound) for bound in metric.bounds)
    comes_to = f"your line comes to {digits(at)}."
    raise TailwatchError(f"{metric.label} lies between {low} and {high};", comes_to)


def _met(history: History, terms: Mapping[str, Any]) -> tuple[Metric, float] | None:
    """The watched metric, and its value where it meets the line at the last cycle; None where unknown."""
    level, trends = STATISTICS.get(terms["statistic"]).level, watched(history, terms)
    if level is None or not trends:
        return None
    here = Spot(history.standings, len(history.standings) - 1, trends, terms.get("window", WINDOW))
    try:
        return trends[0].metric, level(here, terms["line"])
    except Undefined:
        return None


def rows(
    store: Store, rules: Sequence[UserRule], lineage: str | None, progress: Progress
) -> list[dict[str, Any]]:
    """What each rule is and does, in plain values: one row for each rule and lineage that it applies to.

    Only on one lineage, where it is named. A rule that applies to none yet has one row as well.
    """
    every = [lineage] if lineage is not None else store.lineages()["lineage"].tolist()
    wanted = [(r, n) for r in rules for n in ([x for x in every if r.lineage in (None, x)] or [None])]
    found = []
    for i, (rule, name) in enumerate(wanted):

        def part(share: float, what: str, i: int = i) -> None:
            progress((i + share) / len(wanted), what)

        trial = None if name is None else trials.tried(store, name, rule.options, part)
        found.append({**_rule_row(rule, name), **_trial_row(trial)})
    progress(1.0, "Done")
    return found


def _rule_row(rule: UserRule, tried_on: str | None) -> dict[str, Any]:
    terms = checked(rule.options)
    facts = {name: terms.get(name) for name in TERMS}
    return {"id": rule.id, "lineage": rule.lineage or "all", "tried_on": tried_on, **facts}


def _trial_row(trial: Trial | None) -> dict[str, Any]:
    shares = (trial.share if trial else None) or (None, None, None)
    return {
        **dict(zip(SHARES, shares, strict=True)),
        "cycles": trial.cycles if trial else None,
        "fired_at": list(trial.fired) if trial else [],
        "unknown_at": list(trial.unknown) if trial else [],
        "does": trial.in_words() if trial else "There is no lineage yet that it could be tried on.",
    }
