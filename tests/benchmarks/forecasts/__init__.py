"""How well forecasts hold, on the series of the early warning's benchmark.

- `forecasters.py`: the product's and simpler ones, all given the same distances up to one cycle;
- `trials.py`: what each said at every cycle of a series, and what came of it;
- `table.py`: shares by world and regime, with intervals over series; never pooled;
- `__main__.py`: prints them and writes them down.

The constants of `metrics/damped.py` and `metrics/forecasting.py` were chosen on the seeds TUNING alone, and
that one among the forecasters; REPORTING was opened afterwards. The world `sealed` is not looked at.
"""

TUNING, REPORTING = range(0, 25), range(25, 50)
WORLDS = ("synopses", "neural")
REGIMES = ("healthy", "replace", "accumulate", "anchored_50", "curated", "slow", "recovery")
AHEAD = (1, 3, 5)
