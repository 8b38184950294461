"""A fresh store, the app on it, and a headless Chromium that reaches nothing but this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect, sync_playwright

from metrics import demo, pipeline
from metrics.store import Store

CHROMIUM = Path("/usr/bin/chromium")
MISSING = f"NO BROWSER TEST WAS RUN: there is no {CHROMIUM}."
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# A busy machine may take long to show what is right; what is wrong never shows.
expect.set_options(timeout=60_000)
LOCAL = {"127.0.0.1", "localhost", "::1"}


@pytest.fixture(scope="session", autouse=True)
def chromium() -> Path:
    """The browser; where there is none the tests say so loudly, or fail if it is required."""
    if not CHROMIUM.exists():
        if os.environ.get("TAILWATCH_BROWSER") == "required":
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)
    return CHROMIUM


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Skipped browser tests are not to be overlooked."""
    if not CHROMIUM.exists():
        terminalreporter.write_line(MISSING, yellow=True, bold=True)


@pytest.fixture(scope="session")
def creep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one real lineage, cycles 0 to 17, as the demo leaves it."""
    path = tmp_path_factory.mktemp("creep") / "creep.duckdb"
    store = Store(path)
    pipeline.reference(store, [demo.folder() / "reference.parquet"], lineage="creep")
    pipeline.ingest(store, [demo.folder() / "creep.parquet"])
    return path


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Start the app on a store as the command line does; returns its address."""
    started: list[subprocess.Popen[bytes]] = []

    def start(store: Path) -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-P", "-m", "dashboard", f"--server.port={port}"]
        own = {**os.environ, "TAILWATCH_DB": str(store)}
        with store.with_suffix(".log").open("wb") as log:
            started.append(subprocess.Popen(command, env=own, cwd=store.parent, stdout=log, stderr=log))
        return _ready(f"http://127.0.0.1:{port}", started[-1])

    yield start
    for process in started:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:  # still busy; the next test is not to pay for it
            process.kill()
            process.wait()


def _ready(address: str, process: subprocess.Popen[bytes]) -> str:
    """Ask until it answers; the app tells nobody when it is up."""
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
                if answer.read() == b"ok":
                    return address
        except OSError:
            continue
    raise AssertionError("The app did not start.")


@pytest.fixture
def blocked() -> list[str]:
    """The requests that wanted to leave this machine, and were not let out."""
    return []


@pytest.fixture
def context(tmp_path: Path, blocked: list[str], chromium: Path) -> Iterator[BrowserContext]:
    """A browser with a profile of its own."""

    def guard(route: Route) -> None:
        parts = urlsplit(route.request.url)
        if parts.hostname in LOCAL or parts.scheme in ("data", "blob"):
            route.continue_()
        else:
            blocked.append(route.request.url)
            route.abort()

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=chromium,
            args=FLAGS,
            viewport={"width": 1280, "height": 900},
        )
        opened.set_default_timeout(60_000)
        opened.route("**/*", guard)
        yield opened
        opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty page."""
    return context.new_page()
