"""From trials to shares by world and regime, each with a 95 % interval over series."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from metrics import stats
from tests.benchmarks.forecasts import AHEAD, REGIMES, WORLDS

DRAWS = 1000
EVERY, ALERT = "every cycle", "under alert"
VOTERS, SCORE = "voters", "mean score"
KEY = ["forecaster", "world", "regime", "of", "when"]


def shares(trials: pd.DataFrame) -> pd.DataFrame:
    """One row for each forecaster, world, regime, kind of metric, and when it is asked.

    `series` of `forecasts`; `held_H`: of the 80 % intervals H cycles ahead, those that held, `width_H` in
    normal movements; of the forecasts in which the loss is still to come, `bound`: those whose 'not before'
    rules out a cycle, and `bound_held`; `likely`: those whose 'more likely than not by' was reached by the
    series, and `likely_came`; `open`: share with 'not before' alone, `silent`: share with nothing.
    """
    kind = np.where(trials["metric"] == "mean_score", SCORE, VOTERS)
    every = trials.assign(of=kind, when=EVERY)
    both = pd.concat([every, every[every["alert"]].assign(when=ALERT)])
    rows = [{**dict(zip(KEY, key, strict=True)), **_row(own)} for key, own in both.groupby(KEY, sort=False)]
    table = pd.DataFrame(rows)
    order = [list(REGIMES).index(r) for r in table["regime"]], [WORLDS.index(w) for w in table["world"]]
    table = table.assign(_r=order[0], _w=order[1]).sort_values(["forecaster", "of", "when", "_w", "_r"])
    return table.drop(columns=["_r", "_w"]).reset_index(drop=True)


def _row(own: pd.DataFrame) -> dict[str, object]:
    ahead = own[own["loses"]]
    bound = ahead[ahead["earliest"] > 1]
    late = ahead[ahead["likely"] <= ahead["left"]]
    out: dict[str, object] = {"series": own["seed"].nunique(), "forecasts": len(own)}
    for h in AHEAD:
        out |= _share(f"held_{h}", own, own[f"held_{h}"])
        out[f"width_{h}"] = own[f"width_{h}"].mean()
        out[f"score_{h}"] = own[f"score_{h}"].mean()
    out["asked"] = len(ahead)
    out["bound"] = len(bound)
    # What never came in the series counts as later than any bound.
    out |= _share("bound_held", bound, (bound["crossed"].fillna(np.inf) >= bound["earliest"]).astype(float))
    out["likely"] = len(late)
    out |= _share("likely_came", late, (late["crossed"] <= late["likely"]).astype(float))
    out["open"] = (ahead["earliest"].notna() & ahead["likely"].isna()).mean() if len(ahead) else np.nan
    out["silent"] = ahead["earliest"].isna().mean() if len(ahead) else np.nan
    return out


def _share(name: str, own: pd.DataFrame, held: pd.Series) -> dict[str, float]:
    """A share with its interval, by drawing whole series: the cycles of one are not independent."""
    known = held.notna()
    by = pd.DataFrame({"seed": own["seed"][known], "held": held[known]}).groupby("seed")["held"]
    sums, counts = by.sum().to_numpy(), by.count().to_numpy()
    if not len(counts):
        return {name: np.nan, f"{name}_low": np.nan, f"{name}_high": np.nan}
    picks = np.random.default_rng(stats.seed(name)).integers(0, len(counts), (DRAWS, len(counts)))
    drawn = sums[picks].sum(axis=1) / counts[picks].sum(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return {name: sums.sum() / counts.sum(), f"{name}_low": float(low), f"{name}_high": float(high)}


HEAD = (
    *("world", "regime", "series", "80 % holds, 1 ahead", "3 ahead", "5 ahead"),
    *("not before: held", "of", "by: came true", "of", "not before alone", "cannot bound"),
)


def markdown(table: pd.DataFrame) -> str:
    """One headed grid for each forecaster, kind of metric and time of asking."""
    parts = []
    for key, own in table.groupby(["forecaster", "of", "when"], sort=False):
        lines = [_cells(row) for row in own.to_dict("records")]
        parts.append(f"### {', '.join(map(str, key))}\n\n{_grid(HEAD, lines)}")
    return "\n".join(parts)


def _cells(row: dict[str, object]) -> list[str]:
    return [
        *(str(row["world"]), str(row["regime"]), str(row["series"])),
        *(_ranged(row, f"held_{h}") for h in AHEAD),
        *(_ranged(row, "bound_held"), str(row["bound"])),
        *(_ranged(row, "likely_came"), str(row["likely"])),
        *(_percent(row["open"]), _percent(row["silent"])),
    ]


def _ranged(row: dict[str, object], name: str) -> str:
    share, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    return "-" if pd.isna(share) else f"{share:.0%} ({low:.0%} to {high:.0%})"


def _percent(share: object) -> str:
    return "-" if pd.isna(share) else f"{share:.0%}"


def contest(table: pd.DataFrame) -> str:
    """The forecasters beside each other, asked at every cycle: worst regime first, since none is pooled away.

    Recovery is left out of the worst: that somebody brings human data back is in no series before it comes.
    """
    own = table[(table["when"] == EVERY) & (table["regime"] != "recovery")]
    rows = []
    for name, mine in own.groupby("forecaster", sort=False):
        held = [f"{mine[f'held_{h}'].min():.0%}" for h in AHEAD]
        wide = [f"{mine[f'width_{h}'].mean():.1f}" for h in AHEAD]
        score = np.exp(np.log(mine[[f"score_{h}" for h in AHEAD]]).mean().mean())
        bound = mine["bound_held"].min()
        rows.append([name, *held, *wide, f"{score:.2f}", _percent(bound), str(int(mine["bound"].sum()))])
    head = ["forecaster", *(f"worst held, {h} ahead" for h in AHEAD), *(f"width, {h} ahead" for h in AHEAD)]
    return _grid([*head, "interval score", "worst 'not before'", "bounds"], rows)


def _grid(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, rule, *lines))
