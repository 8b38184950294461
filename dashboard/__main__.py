"""`python -m dashboard --server.port=8501` starts the app, and beside it the door for pipelines.

Options are Streamlit's own, `--section.name=value`. Everything is imported before the first visitor comes, so
that nobody waits for pandas, plotly and the catalogue to load.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from streamlit import App

from dashboard.charts import CHARTS
from dashboard.server import ROUTES
from metrics.core import METRICS, READERS, RULES


def main() -> None:
    """Serve until stopped."""
    for registry in (CHARTS, METRICS, READERS, RULES):
        registry.all()
    # Streamlit collects garbage after every run of a page. What was imported here is none: to look through
    # it each time holds everybody up for a tenth of a second.
    gc.collect()
    gc.freeze()
    options = dict(word.removeprefix("--").split("=", 1) for word in sys.argv[1:])
    App(Path(__file__).with_name("app.py"), routes=ROUTES).run(config=options)


if __name__ == "__main__":
    main()
