"""Two command lines ingest different cycles while somebody clicks through the app."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from metrics import demo, pipeline
from metrics.store import Store

pytestmark = pytest.mark.browser
# Each page's link and title: a person looks before the next click.
PAGES = {
    "Trends": re.compile("creep|replace"),
    "Overview": "Overview",
    "Upload": "Upload a cycle",
    "How it is measured": "How it is measured",
}


def files_of(folder: Path, cycles: range) -> list[Path]:
    """One file per real cycle of another lineage."""
    frame = pd.read_parquet(demo.folder() / "replace.parquet").drop(columns="slice.role")
    paths = [folder / f"replace-{cycle}.parquet" for cycle in cycles]
    for cycle, path in zip(cycles, paths, strict=True):
        frame[frame["cycle"] == cycle].to_parquet(path)
    return paths


def test_nothing_is_lost_and_no_error_is_on_screen(
    page: Page, serve: Callable[[Path], str], creep: Path, tmp_path: Path, blocked: list[str]
) -> None:
    path = tmp_path / "store.duckdb"
    shutil.copy(creep, path)
    page.goto(serve(path))
    expect(page.get_by_test_id("status").first).to_be_visible()

    # Each command line brings its cycles one file after the other, so that both write again and again.
    script = (
        "import sys; from metrics.cli import main; sys.exit(max(main(['ingest', f]) for f in sys.argv[1:]))"
    )
    own = {"TAILWATCH_DB": str(path), "PATH": "/usr/bin"}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, *map(str, files_of(tmp_path, cycles))],
            env=own,
            stderr=subprocess.PIPE,
            text=True,
        )
        for cycles in (range(0, 7, 2), range(1, 7, 2))
    ]
    rounds = 0
    while not rounds or any(process.poll() is None for process in running):
        rounds += 1
        for link, title in PAGES.items():
            page.get_by_role("link", name=link, exact=True).click()
            expect(page.get_by_role("heading", level=1)).to_have_text(title)
            expect(page.get_by_test_id("wrong")).to_have_count(0)
            expect(page.get_by_test_id("stException")).to_have_count(0)

    said = [process.communicate()[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    store = Store(path)
    assert store.cycles("replace")["cycle"].tolist() == list(range(7))
    assert set(store.cycles("replace")["outputs"]) == {800}
    assert pipeline.refresh(store) == []
    assert [v.cycle for v in store.verdicts("replace")] == list(range(7))
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.get_by_test_id("status").filter(has_text="replace")).to_be_visible()
    assert blocked == []
