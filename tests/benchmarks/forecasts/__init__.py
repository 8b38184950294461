"""How well forecasts hold, on the series of the early warning's benchmark, wherever an alarm stands.

- `forecasters.py`: the product's and simpler ones, all given the same distances up to one cycle;
- `trials.py`: what each said at every cycle of a series under an alarm, and what came of it;
- `table.py`: shares by world and regime, with intervals over series; never pooled;
- `__main__.py`: prints them and writes them down.

The constants of `metrics/damped.py` and `metrics/forecasting.py`, and the forecaster itself, were chosen on
the seeds TUNING alone; what ships is of the seeds REPORTING. The world `sealed` is not looked at.
"""

TUNING, REPORTING = range(0, 20), range(30_000, 30_060)
WORLDS = ("synopses", "neural")
REGIMES = (
    *("replace", "anchored_10", "anchored_20", "anchored_50", "accumulate"),
    *("sharpen", "curated", "slow", "late", "recovery"),
)
AHEAD = (1, 3, 5)
