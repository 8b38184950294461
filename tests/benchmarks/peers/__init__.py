"""The popular packages, each in a virtual environment of its own, to time and to check against.

    from tests.benchmarks import peers
    peers.run("vendi_score", vectors, limit=180.0)
    {'value': 144.87, 'seconds': 0.93, 'peak_mb': 308.0, 'reason': None}

They cannot share the project's environment: they pull numpy and pandas back. Each peer is one file in
`catalog/`, found by looking in the folder; `python -m tests.benchmarks.peers --sizes 1000,10000` runs all.
"""

from tests.benchmarks.peers.facts import Peer, names, peer
from tests.benchmarks.peers.running import Result, run

__all__ = ["Peer", "Result", "names", "peer", "run"]
