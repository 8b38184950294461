"""As a user does it, in a real browser: look, upload the next cycles, see the alert, acknowledge it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from metrics import demo, pipeline
from metrics.store import Store

pytestmark = pytest.mark.browser
CHART = ".js-plotly-plot .main-svg"
Serve = Callable[[Path], str]


@pytest.fixture
def expected(creep: Path, tmp_path: Path) -> dict[str, Any]:
    """What the headless core says of the same files."""
    path = tmp_path / "headless.duckdb"
    shutil.copy(creep, path)
    store = Store(path)
    pipeline.ingest(store, demo.next_files())
    return pipeline.check(store, "creep")


def upload(page: Page, files: list[Path]) -> None:
    page.get_by_role("link", name="Upload", exact=True).click()
    page.locator('input[type="file"]').set_input_files(files)
    page.get_by_role("button", name="Store and measure").click()


def test_from_the_first_look_to_an_acknowledged_alert(
    page: Page, serve: Serve, creep: Path, tmp_path: Path, expected: dict[str, Any], blocked: list[str]
) -> None:
    path = tmp_path / "store.duckdb"
    shutil.copy(creep, path)
    address = serve(path)

    page.goto(address)
    status, sentence = page.get_by_test_id("status"), page.get_by_test_id("sentence")
    expect(status).to_have_attribute("data-status", "healthy")
    expect(page).to_have_url(f"{address}/trends?lineage=creep&metric=tail_recall&slice=Whole")
    expect(page.locator(CHART).first).to_be_visible()

    upload(page, demo.next_files())
    expect(sentence).to_have_text(str(expected["message"]), timeout=60_000)
    expect(status).to_have_attribute("data-status", str(expected["status"]))
    expect(page.get_by_text("Stored cycles 18 to 19").first).to_be_visible()
    expect(page.locator(CHART).first).to_be_visible()

    # One of the lineage, and maybe others of what falls on its own.
    count = len(expected["alerts"])
    page.get_by_role("link", name=f"Alerts ({count})").click()
    expect(page.get_by_test_id("sentence").first).to_have_text(str(expected["message"]))
    expect(page.locator(CHART).first).to_be_visible()
    for waiting in (*(f"Alerts ({left})" for left in range(count - 1, 0, -1)), "Alerts"):
        page.get_by_placeholder("A note, if you like").first.fill("seen, data team asked")
        page.get_by_role("button", name="Acknowledge").first.click()
        expect(page.get_by_role("link", name=waiting, exact=True)).to_be_visible()
    expect(page.get_by_text("No alert is open.")).to_be_visible()

    page.reload()
    expect(page.get_by_text("No alert is open.")).to_be_visible()
    page.get_by_text(f"Acknowledged {count}").click()
    expect(page.get_by_text("seen, data team asked").first).to_be_visible()
    pipeline.refresh(Store(path))
    assert Store(path).alerts("creep")["state"].iloc[:count].tolist() == ["acknowledged"] * count
    assert blocked == []


def test_a_stranger_finds_two_doors_and_a_calm_word_for_a_bad_file(
    page: Page, serve: Serve, tmp_path: Path, blocked: list[str]
) -> None:
    bad = tmp_path / "notes.csv"
    bad.write_text("date,remark\n2026-01-01,<img src=http://example.org/x.png>\n")
    page.goto(serve(tmp_path / "empty.duckdb"))
    expect(page.get_by_role("button", name="Load the sample data")).to_be_visible()
    page.get_by_role("button", name="Upload a cycle").click()
    page.locator('input[type="file"]').set_input_files(bad)
    page.get_by_label("Its name").fill("![x](http://example.org/y.png)")
    page.get_by_role("button", name="Store and measure").click()
    expect(page.get_by_test_id("wrong")).to_contain_text("The upload has no column 'example_id'")
    assert blocked == []


def test_untrusted_names_load_nothing(page: Page, serve: Serve, tmp_path: Path, blocked: list[str]) -> None:
    hostile = "<img src=http://example.org/x.png> ![y](http://example.org/y.png)"
    rows = "\n".join(f"{i},{hostile},word{i} {hostile},a,a,1" for i in range(60))
    path = tmp_path / "hostile.duckdb"
    file = tmp_path / "hostile.csv"
    file.write_text(f"example_id,slice.{hostile.replace(',', '')},output,label,prediction,score\n{rows}\n")
    store = Store(path)
    for cycle in range(2):
        pipeline.ingest(
            store, [file], lineage=hostile, cycle=cycle, facts={"notes": hostile, "checkpoint": hostile}
        )
    address = serve(path)
    page.goto(address)
    expect(page.locator(CHART).first).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=http://example.org/x.png>")
    page.get_by_text("What it wrote").click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    for name in ("Overview", "Alerts", "Upload", "How it is measured"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert blocked == []


def test_kinds_of_output_stand_side_by_side_and_load_nothing(
    page: Page, serve: Serve, tmp_path: Path, blocked: list[str]
) -> None:
    """A lineage without labels: each kind of output has its chart and its typical texts, which stay text."""
    hostile = "<img src=http://example.org/x.png> ![y](http://example.org/y.png)"
    words = np.random.default_rng(1).integers(0, 400, (260, 6))
    texts = [hostile + " " + " ".join(f"w{w}" for w in row) for row in words]
    rows = pd.DataFrame({"example_id": [f"e{i}" for i in range(len(texts))], "output": texts})
    path = tmp_path / "modes.duckdb"
    store = Store(path)
    pipeline.ingest(store, [rows.assign(lineage="L", cycle=c) for c in range(2)])
    slices = [s for _, s in pipeline.history(store, "L", metric="tail_coverage").trends if s]
    query = urlencode([("metric", "tail_coverage"), *(("slice", s) for s in slices[:2])])

    page.goto(f"{serve(path)}/trends?lineage=L&{query}")
    expect(page.get_by_test_id("family-tail")).to_contain_text("Tail")
    expect(page.get_by_test_id("stCode").first).to_contain_text("<img src=http://example.org/x.png>")
    expect(page.get_by_test_id("stCode")).to_have_count(2)
    expect(page.locator(".js-plotly-plot")).to_have_count(4)
    page.get_by_test_id("absent").click()
    expect(page.get_by_test_id("absent")).to_contain_text("No labels")
    page.get_by_role("link", name="How it is measured", exact=True).click()
    page.get_by_test_id("metric-tail_coverage").click()
    expect(page.get_by_test_id("metric-tail_coverage")).to_contain_text("Naeem et al. 2020")
    assert blocked == []
