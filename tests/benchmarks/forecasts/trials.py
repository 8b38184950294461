"""What each forecaster said at every cycle of a series, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrics import forecasting
from metrics.core import RULES, SEVERITIES, Trend
from tests.benchmarks.forecasts import AHEAD
from tests.benchmarks.forecasts.forecasters import FORECASTERS, Foretold
from tests.benchmarks.lead_time.series import Series

Floats = npt.NDArray[np.float64]
# Of the misses, as of the width, an interval's score (Gneiting and Raftery 2007).
PENALTY = 2 / 0.2


def trials(series: Series, names: Sequence[str]) -> pd.DataFrame:
    """One row for each forecaster, metric and cycle of a series.

    `alert`: the early warning, narrowing or worse, was open then; `held_H`, `width_H`, `score_H` of the 80 %
    interval H cycles ahead, the last two in normal movements; `loses`: the loss of the line can be asked
    about, since it has not happened; `earliest`, `likely`: what was said of it, in cycles ahead, NaN where
    it cannot be bounded; `crossed`: what came, NaN where the series ended before; `left`: cycles it went on.
    """
    alerts = _alerts(series)
    whole = [t for (name, part), t in series.history.trends.items() if part is None]
    rows = [row for trend in whole for row in _trend(series, trend, alerts, names)]
    table = pd.DataFrame(rows)
    return table.assign(world=series.world, regime=series.regime, seed=series.seed)


def _alerts(series: Series) -> list[bool]:
    said = RULES.get("early_warning").evaluate(series.history, {})
    return [any(SEVERITIES.index(f.severity) > 0 for f in each.findings) for each in said]


def _trend(
    series: Series, trend: Trend, alerts: Sequence[bool], names: Sequence[str]
) -> Iterator[dict[str, object]]:
    """Every cycle but the last. All is one comparison, so that a distance stays what it was."""
    standings = series.history.standings
    last = forecasting.so_far(standings, trend, len(standings) - 1)
    if last is None:
        return
    asked = forecasting.usual_loss(trend.metric)
    line = forecasting.line_at(trend.metric, last.centre, asked)
    unit = float(np.sqrt(last.variance.mean()))
    for position in range(len(standings) - 1):
        seen = forecasting.so_far(standings, trend, position)
        if seen is None or len(seen.distances) != position + 1:
            continue
        ahead = last.distances[position + 1 :]
        facts = {
            "metric": trend.metric.name,
            "cycle": position,
            "alert": alerts[position],
            "left": len(ahead),
        }
        crossed = np.flatnonzero(ahead <= line) if line is not None else []
        facts["loses"] = line is not None and bool(seen.distances[-1] > line)
        facts["crossed"] = float(crossed[0]) + 1 if len(crossed) else np.nan
        for name in names:
            found = FORECASTERS[name](seen, line)
            yield {"forecaster": name, **facts, **_kept(found, ahead, unit)}


def _kept(found: Foretold, ahead: Floats, unit: float) -> dict[str, float]:
    out = {
        "earliest": np.nan if found.earliest is None else float(found.earliest),
        "likely": np.nan if found.likely is None else float(found.likely),
    }
    for h in AHEAD:
        low, high = found.bands[h]
        value = ahead[h - 1] if len(ahead) >= h else np.nan
        missed = max(low - value, value - high, 0.0)
        known = np.isfinite(value)
        out[f"held_{h}"] = float(missed == 0) if known else np.nan
        out[f"width_{h}"] = (high - low) / unit if known else np.nan
        out[f"score_{h}"] = (high - low + PENALTY * missed) / unit if known else np.nan
    return out
