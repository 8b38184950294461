"""How long each page takes to its first chart, on the sample data, in a browser with an empty profile.

Prints seconds from the address typed in, and from the click in the open app: `make bench`. A store that is
there already can be named: `python -m tests.benchmarks.first_chart STORE`.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright

from metrics import Store, demo
from tests.browser.conftest import CHROMIUM, FLAGS, _ready

PORT = 8797
CHART = ".js-plotly-plot .main-svg"
FIRST = {"": '[data-testid="stMain"] img', "trends": CHART, "alerts": CHART}
NAMES = {"": "Overview", "trends": "Trends", "alerts": "Alerts"}
RUNS = 3


def opened(context: BrowserContext, address: str, wanted: str) -> float:
    """Seconds from typing the address to the first chart."""
    page = context.new_page()
    start = time.perf_counter()
    page.goto(address)
    page.locator(wanted).first.wait_for()
    return time.perf_counter() - start


def clicked(context: BrowserContext, address: str, name: str) -> float:
    """Seconds from a click on the page's name, in the open app, to the first chart."""
    page = context.new_page()
    page.goto(address)
    page.get_by_text("Human share").first.wait_for()
    page.wait_for_load_state("networkidle")
    start = time.perf_counter()
    page.get_by_role("link", name=name).first.click()
    page.locator(CHART).first.wait_for()
    return time.perf_counter() - start


def main(store: Path | None = None) -> None:
    """Load the sample data where no store is given, start the app, open every page."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = store or Path(folder) / "demo.duckdb"
        if store is None:
            demo.load(Store(path), lambda share, what: None)
        command = [sys.executable, "-P", "-m", "dashboard", f"--server.port={PORT}"]
        with subprocess.Popen(command, env={**os.environ, "TAILWATCH_DB": str(path)}) as app:
            address = _ready(f"http://127.0.0.1:{PORT}", app)

            def fresh(run: int) -> BrowserContext:
                profile = Path(folder) / f"profile-{time.monotonic_ns()}-{run}"
                return playwright.chromium.launch_persistent_context(
                    profile, executable_path=CHROMIUM, args=FLAGS, viewport={"width": 1440, "height": 900}
                )

            for part, wanted in FIRST.items():
                times = []
                for run in range(RUNS):
                    with fresh(run) as context:
                        times.append(opened(context, f"{address}/{part}", wanted))
                report(f"{NAMES[part]}, opened cold", times)
            for part in ("trends", "alerts"):
                times = []
                for run in range(RUNS):
                    with fresh(run) as context:
                        times.append(clicked(context, address, NAMES[part]))
                report(f"{NAMES[part]}, clicked", times)
            app.terminate()


def report(what: str, times: list[float]) -> None:
    """One line of the table."""
    print(f"{what:<45}{statistics.median(times):>8.2f}{max(times):>8.2f}")


if __name__ == "__main__":
    main(*(Path(given).resolve() for given in sys.argv[1:]))
