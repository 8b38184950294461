"""What is foretold: for an alert, when more will be lost; and how well such forecasts have held."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import desk
from dashboard.parts import status
from metrics import foresight
from metrics.forecasting import in_words, together
from metrics.foresight import Held

NOTHING = "Not measured yet."
SHARES = ("1 cycle ahead", "3 ahead", "5 ahead", "held", "came true", "no date", "neither")
TRAINED = {
    "healthy": "human data only",
    "replace": "own output only",
    "accumulate": "own output added to all before",
    "anchored_50": "half own output, half a fixed human set",
    "curated": "half own output, the surest of it",
    "slow": "a human share that falls by 6 points a cycle",
    "recovery": "own output for five cycles, then human data",
}


def of_alert(at: desk.Revision, alert: pd.Series) -> str:
    """When more will be lost, as far as anybody can say, where that does not stand in the alert itself."""
    if alert["state"] == "resolved" or alert["severity"] == "watch" or not isinstance(alert["metric"], str):
        return ""
    slice = alert["slice"] if isinstance(alert["slice"], str) else None
    asked = dict.fromkeys([(alert["metric"], slice), ("mean_score", None)])
    said = [_says(at, alert["lineage"], metric, part) for metric, part in asked]
    words = together([each for each in said if each not in alert["message"]])
    return f'<p class="tw-says" data-testid="forecast">{status.explained(words)}</p>' if words else ""


def _says(at: desk.Revision, lineage: str, metric: str, slice: str | None) -> str:
    known = desk.known(at, lineage).get(metric)
    return in_words(known.label, desk.forecast(at, lineage, metric, slice)) if known is not None else ""


def table(of: str, when: str) -> None:
    """One row for each world and regime, as measured on series that nothing was chosen on."""
    rows = [row for row in foresight.study() if (row.of, row.when) == (of, when)]
    if not rows:
        st.text(NOTHING)
        return
    shown = {name: st.column_config.NumberColumn(format="percent") for name in SHARES}
    st.dataframe(pd.DataFrame([_cells(row) for row in rows]), hide_index=True, column_config=shown)


def _cells(row: Held) -> dict[str, object]:
    return {
        "world": row.world,
        "trained on": TRAINED.get(row.regime, row.regime),
        "series": row.series,
        "1 cycle ahead": row.one,
        "3 ahead": row.three,
        "5 ahead": row.five,
        "not before": row.bounds,
        "held": row.bound_held,
        "by": row.dates,
        "came true": row.came,
        "no date": row.alone,
        "neither": row.silent,
    }
