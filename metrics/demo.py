"""The sample data, loaded into a store of its own."""

from __future__ import annotations

from pathlib import Path

from metrics import pipeline
from metrics.pipeline import Progress
from metrics.store import Store

LINEAGES = ("creep", "anchored", "replace", "healthy")


def folder() -> Path:
    """Where the sample data lies, in a checkout and in an installed package alike."""
    return Path(__file__).parent.parent / "sample_data"


def next_files() -> list[Path]:
    """The real next cycles of one lineage, which the demo leaves to be uploaded by hand."""
    return sorted((folder() / "next").glob("*.parquet"))


def load(store: Store, progress: Progress) -> None:
    """Load every lineage with its human reference; one that is there already is left as it is."""
    for i, lineage in enumerate(LINEAGES):

        def part(share: float, what: str, i: int = i, lineage: str = lineage) -> None:
            progress((i + share) / len(LINEAGES), f"{lineage}: {what.lower()}")

        if store.state(lineage) is None:
            pipeline.reference(store, [folder() / "reference.parquet"], lineage=lineage)
        pipeline.ingest(store, [folder() / f"{lineage}.parquet"], progress=part)
