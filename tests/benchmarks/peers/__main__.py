"""Every peer at every size, as a table.

`python -m tests.benchmarks.peers --sizes 1000,10000 [--only NAME,...] [--limit SECONDS]`
"""

import argparse
from collections.abc import Iterable
from typing import Any

import numpy as np

from metrics.embed import embed
from tests.benchmarks import corpus, peers

SEED = 2026
ERRORS = 0.2


def inputs(takes: str, n: int) -> tuple[Any, ...]:
    """What a peer of this kind is handed at this size: real texts and what follows from them."""
    if takes == "texts":
        return (corpus.texts(n),)
    if takes == "vectors":
        return (embed(corpus.texts(n)),)
    if takes == "two vectors":
        both = embed(corpus.texts(2 * n))
        return both[:n], both[n:]
    if takes == "counts":
        words = [word for text in corpus.texts(n) for word in text.lower().split()]
        return (np.unique(np.array(words), return_counts=True)[1],)
    return (labels(n),)


def labels(n: int) -> list[tuple[str, str]]:
    """The classes of the texts, and a prediction that is wrong for one text in five."""
    truth = corpus.rows(n)["label"].to_numpy(dtype=str)
    rng = np.random.default_rng(SEED)
    wrong = rng.random(n) < ERRORS
    predicted = np.where(wrong, rng.permutation(truth), truth)
    return list(zip(truth.tolist(), predicted.tolist(), strict=True))


def line(name: str, n: int, result: peers.Result) -> str:
    """One line of the table."""
    head = f"{name:<16}{n:>9,}"
    if result["seconds"] is None:
        return f"{head}{'-':>10}{'-':>9}   {result['reason']}"
    value = result["value"]
    shown = value.items() if isinstance(value, dict) else [("", value)]
    said = ", ".join(f"{key} {number:.6g}".strip() for key, number in shown)
    return f"{head}{result['seconds']:>10.4f}{result['peak_mb']:>9.0f}   {said}"


def table(names: Iterable[str], sizes: list[int], limit: float) -> None:
    """Print each line as it is measured."""
    print(f"{'peer':<16}{'rows':>9}{'seconds':>10}{'peak MB':>9}   value, or why there is none")
    for name in names:
        peer = peers.peer(name)
        for n in sizes:
            result = peers.run(name, *inputs(peer.takes, n), limit=limit)
            print(line(name, n, result), flush=True)
        print(f"{'':<16}{peer.what} ({', '.join(peer.pins) or 'standard library'})")


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description="Time the popular packages on real texts.")
    parser.add_argument("--sizes", default="1000,10000", help="rows, with commas between")
    parser.add_argument("--only", default="", help="names of peers, with commas between")
    parser.add_argument("--limit", type=float, default=180.0, help="seconds for one call")
    given = parser.parse_args()
    chosen = given.only.split(",") if given.only else peers.names()
    table(chosen, [int(size) for size in given.sizes.split(",")], given.limit)


if __name__ == "__main__":
    main()
