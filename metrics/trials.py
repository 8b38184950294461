"""What a user's rule would do: how often it cries wolf on a lineage's own noise, and when it fired."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import Any

from metrics import chance, moving, pipeline, stats
from metrics.core import METRICS, History, TailwatchError
from metrics.judging import open_since
from metrics.rules.threshold import Step, beside, follow
from metrics.store import Store
from metrics.terms import checked

SERIES = 200
CYCLES = 20
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Trial:
    """What a rule does. Of `series` simulated healthy series it fires in `wolf`; None where `why` says so.

    `fired` are the cycles so far at which it fires, `cycles` how many there are, `unknown` those at which
    its statistic is not known, `reason` why it is not known at the last of them.
    """

    wolf: int | None
    why: str
    fired: tuple[int, ...]
    cycles: int
    unknown: tuple[int, ...] = ()
    reason: str = ""
    series: int = SERIES

    @property
    def share(self) -> tuple[float, float, float] | None:
        """Share of healthy series in which it fires at least once, with its 95 % interval (Wilson 1927).

        The interval is that of the number of series; how well the noise is known is not in it.
        """
        if self.wolf is None:
            return None
        return self.wolf / self.series, *stats.wilson(self.wolf / self.series, self.series)

    def in_words(self) -> str:
        """Both in one sentence."""
        cried = share_text(*(self.share or (None, None, None)))
        alone = f"How often it would cry wolf cannot be told: {self.why}"
        noise = f"On this lineage's own noise it would cry wolf in {cried} of healthy {CYCLES}-cycle series;"
        replay = self._replay() if self.share else self._replay().capitalize()
        return f"{noise if self.share else alone} {replay}{self._unknown()}"

    def _replay(self) -> str:
        if not self.cycles:
            return "there is no cycle yet."
        fired = f"fired at {ranges(self.fired)}" if self.fired else "stayed silent"
        cycles = "one cycle" if self.cycles == 1 else f"{self.cycles} cycles"
        return f"on the {cycles} so far it would have {fired}."

    def _unknown(self) -> str:
        if not self.unknown:
            return ""
        return f" Not known at {ranges(self.unknown)}: {self.reason.rstrip('.')}."


def ranges(cycles: Sequence[int]) -> str:
    """Cycles in words, those in a row as their ends.

    >>> ranges([3, 5, 6, 7, 9, 10])
    '3, 5 to 7, 9, 10'
    """
    runs: list[list[int]] = []
    for cycle in cycles:
        if runs and cycle == runs[-1][-1] + 1:
            runs[-1].append(cycle)
        else:
            runs.append([cycle])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)


def share_text(share: float | None, low: float | None, high: float | None) -> str:
    """A share with its interval in percent.

    >>> share_text(0.12, 0.0821, 0.1724), share_text(None, None, None)
    ('12 % (8 to 17 %)', 'not known')
    """
    if share is None or low is None or high is None:
        return "not known"
    return f"{100 * share:.0f} % ({100 * low:.0f} to {100 * high:.0f} %)"


def tried(
    store: Store, lineage: str, options: Mapping[str, Any], progress: Progress = lambda share, what: None
) -> Trial:
    """Try a rule on a lineage; what was found before serves as long as nothing moved that it rests on."""
    terms = checked(options)
    since = open_since(store.verdicts(lineage))
    code = (version("tailwatch"), [(m.name, m.version) for m in METRICS.all().values()])
    data = (store.standings(lineage), sorted(store.digests(lineage).items()), since)
    rests_on = (*code, *data, sorted(terms.items()))
    key = hashlib.blake2b(repr(rests_on).encode("utf-8", "replace"), digest_size=12).hexdigest()
    known = store.trial(lineage, key)
    if known is not None:
        return _read(known)
    found = trial(history_of(store, lineage, terms), terms, since, progress, SERIES)
    store.save_trial(lineage, key, asdict(found))
    return found


def trial(
    past: History, terms: Mapping[str, Any], since: int | None, progress: Progress, series: int
) -> Trial:
    """Try checked terms on a history; what comes from `since` on, an open alert, is not taken for noise."""
    # A cycle below 0 is one that a control lineage lends.
    steps = [step for step in follow(past, terms) if step.cycle >= 0]
    fired = tuple(s.cycle for s in steps if _fires(s, terms))
    unknown = [s for s in steps if s.unknown]
    told = (tuple(s.cycle for s in unknown), unknown[-1].unknown or "") if unknown else ((), "")
    try:
        wolf, why = _wolf(past, terms, since, progress, series), ""
    except TailwatchError as error:
        wolf, why = None, str(error)
    return Trial(wolf, why, fired, len(steps), *told, series=series)


def _fires(step: Step, terms: Mapping[str, Any]) -> bool:
    return len(step.run) >= int(terms["for_cycles"])


def history_of(store: Store, lineage: str, terms: Mapping[str, Any]) -> History:
    """What checked terms watch, beside all that its noise is learned with: other metrics, or other parts."""
    if terms.get("slice") is None:
        return pipeline.history(store, lineage, slice=None)
    if "metric" in terms:
        return pipeline.history(store, lineage, metric=terms["metric"])
    return pipeline.history(store, lineage, slice=terms["slice"])


def _wolf(past: History, terms: Mapping[str, Any], since: int | None, progress: Progress, series: int) -> int:
    keys = {(t.metric.name, t.slice) for t in beside(past, terms)}
    noise = moving.learn(moving.before(past, since)).only(keys)
    if not noise.places:
        raise TailwatchError("Its baseline is not known.")
    fired = told = 0
    for nth in range(series):
        progress(nth / series, "Trying it on this lineage's own noise")
        steps = list(follow(_beside(chance.draw(noise, nth, CYCLES), past), terms))
        told += any(step.figure for step in steps)
        fired += any(_fires(step, terms) for step in steps)
    if not told:
        raise TailwatchError(next((s.unknown for s in steps if s.unknown), "It is not known."))
    return fired


def _beside(drawn: History, past: History) -> History:
    """A simulated history with the human reference of the true one, which retraining does not move."""
    trends = {
        key: replace(t, references=past.trends[key].references[-1:] * len(t.values))
        for key, t in drawn.trends.items()
    }
    return replace(drawn, trends=trends)


def _read(facts: Mapping[str, Any]) -> Trial:
    lists = {name: tuple(facts[name]) for name in ("fired", "unknown")}
    return Trial(**{**facts, **lists})
