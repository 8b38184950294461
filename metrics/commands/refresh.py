"""`tailwatch refresh`."""

from __future__ import annotations

import sys

from metrics.asking import Options, command, open_store
from metrics.printing import safe_line, show_progress


@command("refresh", "compute what is missing; heals a store after a crash", place=50, lineage="optional")
def refresh(options: Options) -> int:
    """Compute what is missing."""
    from metrics import pipeline

    done = pipeline.refresh(open_store(options), options.lineage, progress=show_progress)
    print(
        f"Computed: {', '.join(map(safe_line, done))}." if done else "Nothing was missing.", file=sys.stderr
    )
    return 0
