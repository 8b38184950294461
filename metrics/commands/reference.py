"""`tailwatch reference`."""

from __future__ import annotations

import sys

from metrics.asking import Options, command, files, open_store, pairs
from metrics.printing import safe_line, show_progress


@command("reference", "pin the human reference set", place=40, lineage="required", arguments=files)
def reference(options: Options) -> int:
    """Pin the human reference set."""
    from metrics import pipeline

    store = open_store(options, must_exist=False)
    count = pipeline.reference(
        store,
        options.files,
        lineage=options.lineage,
        format=options.format,
        mapping=pairs(options.map),
        progress=show_progress,
    )
    print(f"Pinned {count} reference texts for '{safe_line(options.lineage)}'.", file=sys.stderr)
    return 0
