"""What each forecaster said at every cycle of a series at which the early warning stood, and what came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrics import forecasting
from metrics.core import RULES, Trend
from metrics.foresight import LED, SCORE
from metrics.foretelling import ALARMS, QUALITY, led
from tests.benchmarks.forecasts import AHEAD
from tests.benchmarks.forecasts.forecasters import FORECASTERS, Foretold
from tests.benchmarks.lead_time.series import Series

Floats = npt.NDArray[np.float64]
# Of the misses, as of the width, an interval's score (Gneiting and Raftery 2007).
PENALTY = 2 / 0.2


def trials(series: Series, names: Sequence[str]) -> pd.DataFrame:
    """One row for each forecaster, cycle under an alarm, and metric that the product would speak of then.

    `of`: LED, the metric that the alarm is about, or mean score. `held_H`, `score_H`: of the 80 % interval H
    cycles ahead, the second in standard deviations of a cycle's sampling; NaN beyond the series' end.
    `asked`: the loss has a meaning and has not happened; `earliest`, `likely`: what was said of it, in cycles
    ahead, NaN where it cannot be bounded; `crossed`: what came, NaN where the series ended before; `left`:
    cycles it went on.
    """
    said = RULES.get("early_warning").evaluate(series.history, {})
    rows = []
    for position, each in enumerate(said[:-1]):
        lead = next((led(f) for f in each.findings if f.severity in ALARMS), None)
        for of, metric in ((LED, lead), (SCORE, QUALITY)) if lead else ():
            trend = series.history.trends[metric, None]
            rows += [{"of": of, **row} for row in _row(series, trend, position, names)]
    return pd.DataFrame(rows).assign(world=series.world, regime=series.regime, seed=series.seed)


def _row(series: Series, trend: Trend, position: int, names: Sequence[str]) -> Iterator[dict[str, object]]:
    standings = series.history.standings
    seen = forecasting.so_far(standings, trend, position)
    if seen is None:
        return
    line, ahead = forecasting.line_at(trend.metric, seen), _came(series, trend, position, seen)
    crossed = np.flatnonzero(ahead <= line) if line is not None else []
    facts = {
        "cycle": position,
        "left": len(ahead),
        "asked": line is not None and bool(seen.distances[-1] > line),
        "crossed": float(crossed[0]) + 1 if len(crossed) else np.nan,
    }
    for name in names:
        yield {"forecaster": name, **facts, **_kept(FORECASTERS[name](seen, line), ahead)}


def _came(series: Series, trend: Trend, position: int, seen: forecasting.Seen) -> Floats:
    """The distances of the cycles after one position: all is one comparison, so they are measured alike."""
    whole = forecasting.so_far(series.history.standings, trend, len(series.history.standings) - 1)
    if whole is None:
        return np.full(len(series.history.standings) - position - 1, np.nan)
    return whole.distances[position + 1 :] * whole.unit / seen.unit


def _kept(found: Foretold, ahead: Floats) -> dict[str, float]:
    out = {
        "earliest": np.nan if found.earliest is None else float(found.earliest),
        "likely": np.nan if found.likely is None else float(found.likely),
    }
    for h in AHEAD:
        low, high = found.bands[h]
        value = ahead[h - 1] if len(ahead) >= h else np.nan
        missed = max(low - value, value - high, 0.0)
        out[f"held_{h}"] = float(missed == 0) if np.isfinite(value) else np.nan
        out[f"score_{h}"] = high - low + PENALTY * missed if np.isfinite(value) else np.nan
    return out
