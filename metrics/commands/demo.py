"""`tailwatch demo`."""

from __future__ import annotations

import sys

from metrics.asking import Options, address, command, open_store
from metrics.commands.serve import serve
from metrics.printing import show_progress


@command(
    "demo",
    "load the sample data into a store of its own and start the app",
    place=10,
    arguments=address,
    db="tailwatch-demo.duckdb",
)
def demo(options: Options) -> int:
    """Load the sample data, start the app."""
    from metrics import demo as sample

    store = open_store(options, must_exist=False)
    print("Loading eval outputs of four really retrained models ...", file=sys.stderr)
    sample.load(store, show_progress)
    files = ", ".join(str(f) for f in sample.next_files())
    print(f"The next cycles of 'creep' wait to be uploaded: {files}", file=sys.stderr)
    return serve(options)
