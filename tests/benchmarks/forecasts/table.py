"""From trials to shares by world and regime, each with a 95 % interval over series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from metrics import stats
from metrics.foresight import LED, SCORE, Held
from tests.benchmarks.forecasts import AHEAD, REGIMES, WORLDS

KEY = ["forecaster", "world", "regime", "of"]


def shares(trials: pd.DataFrame) -> pd.DataFrame:
    """One row for each forecaster, world, regime and metric: the columns of `Held`, and the mean `score`."""
    rows = [{**dict(zip(KEY, key, strict=True)), **_row(own)} for key, own in trials.groupby(KEY)]
    ranks = {"world": WORLDS, "regime": REGIMES, "of": (LED, SCORE)}
    return pd.DataFrame(rows).sort_values(
        KEY, key=lambda column: column.map(ranks[column.name].index) if column.name in ranks else column
    )


def _row(own: pd.DataFrame) -> dict[str, object]:
    asked = own[own["asked"]]
    # Only what the series was long enough to show, whatever came.
    bound = asked[(asked["earliest"] > 1) & (asked["earliest"] - 1 <= asked["left"])]
    date = asked[asked["likely"] <= asked["left"]]
    held = {name: own[f"held_{h}"].mean() for name, h in zip(("one", "three", "five"), AHEAD, strict=True)}
    return {
        "series": own["seed"].nunique(),
        "forecasts": len(own),
        **held,
        "asked": len(asked),
        "bounds": len(bound),
        **_share(("bound_held", "bound_low", "bound_high"), bound, ~(bound["crossed"] < bound["earliest"])),
        "dates": len(date),
        **_share(("came", "came_low", "came_high"), date, date["crossed"] <= date["likely"]),
        "unbounded": asked["likely"].isna().mean() if len(asked) else np.nan,
        "score": np.mean([own[f"score_{h}"].mean() for h in AHEAD]),
    }


def _share(names: Sequence[str], own: pd.DataFrame, held: pd.Series) -> dict[str, float]:
    """A share with its 95 % interval, in which each series counts once: its cycles are not independent."""
    if not len(own):
        return dict.fromkeys(names, np.nan)
    share = float(held.mean())
    return dict(zip(names, (share, *stats.wilson(share, own["seed"].nunique())), strict=True))


def contest(table: pd.DataFrame) -> str:
    """The forecasters beside each other, regime by regime."""
    head = ["forecaster", "world", "regime", "of", "80 % holds, 1, 3, 5 ahead", "interval score"]
    head += ["not before: held", "by: came true", "cannot bound"]
    return _grid(head, _contest(table))


def _contest(table: pd.DataFrame) -> Iterator[list[str]]:
    for row in table.sort_values(KEY[1:], kind="stable").to_dict("records"):
        ahead = " ".join(_percent(row[name]) for name in ("one", "three", "five"))
        said = [f"{_percent(row[of])} of {row[n]}" for of, n in (("bound_held", "bounds"), ("came", "dates"))]
        yield [*(row[name] for name in KEY), ahead, f"{row['score']:.1f}", *said, _percent(row["unbounded"])]


def markdown(rows: Sequence[Held]) -> str:
    """The table of the README."""
    head = ["trained on", "world", "*not before* held", "*more likely than not by* came true"]
    return _grid([*head, "no *by*", "mean score: *not before*", "*by*", "no *by*"], _lines(rows))


def _lines(rows: Sequence[Held]) -> Iterator[list[str]]:
    found = {(row.regime, row.world, row.of): row for row in rows}
    for regime in REGIMES:
        for world in WORLDS:
            if (regime, world, LED) in found:
                led, score = found[regime, world, LED], found[regime, world, SCORE]
                yield [
                    *(f"`{regime}`", f"`{world}`", _of(led.bound_held, led.bounds)),
                    *(_of(led.came, led.dates), _percent(led.unbounded)),
                    *(_of(score.bound_held, score.bounds), _of(score.came, score.dates)),
                    _percent(score.unbounded),
                ]


def _of(share: float | None, count: int) -> str:
    return f"{_percent(share)} of {count}" if count else "-"


def _percent(share: float | None) -> str:
    return "-" if share is None or np.isnan(share) else f"{share:.0%}"


def _grid(head: Sequence[str], lines: Iterator[list[str]]) -> str:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, rule, *lines))
