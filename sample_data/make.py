"""Make the shipped sample data, or print the plain facts of it.

``python sample_data/make.py`` writes the shipped files, ``--seed N --out DIR`` another experiment,
``--facts`` prints the table of README.md from the files in DIR.
"""

import argparse
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from sample_data import recursion
from sample_data.holdout import split, tail_sections
from sample_data.humans import HUMAN_FILE

SEED = 2026
SHIPPED = Path(__file__).parent
FACT_CYCLES = [0, 4, 9, 14, 19]
# The demo ends here for one lineage; its real next cycles lie in next/, to be uploaded by hand.
HELD_BACK = ("creep", 18)


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write one file, small rather than fast."""
    frame.to_parquet(path, compression="zstd", compression_level=19, index=False)


def reference_set(humans: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the pinned human reference of one seed, in the column names of an upload."""
    rows = split(humans, seed).reference
    columns = {"example_id": "pkg-" + rows["package"], "output": rows["text"], "label": rows["section"]}
    return pd.DataFrame({**columns, "slice.role": rows["role"]})


def make(seed: int, out: Path) -> None:
    """Run every lineage of one seed and write its files."""
    humans = pd.read_parquet(HUMAN_FILE)
    out.mkdir(parents=True, exist_ok=True)
    write(reference_set(humans, seed), out / "reference.parquet")
    for lineage in recursion.LINEAGES:
        if sys.stderr.isatty():
            print(f"{lineage}: {recursion.CYCLES} cycles", file=sys.stderr)
        write_lineage(recursion.run(humans, seed, lineage), lineage, out)


def write_lineage(frame: pd.DataFrame, lineage: str, out: Path) -> None:
    """Write a lineage's cycles, those held back each to a file of its own."""
    held = frame["cycle"] >= HELD_BACK[1] if lineage == HELD_BACK[0] else frame["cycle"] < 0
    write(frame[~held], out / f"{lineage}.parquet")
    for cycle, part in frame[held].groupby("cycle"):
        (out / "next").mkdir(exist_ok=True)
        write(part, out / "next" / f"{lineage}-{cycle}.parquet")


def read_lineage(lineage: str, out: Path) -> pd.DataFrame:
    """Return all cycles of a lineage, those held back included."""
    files = [out / f"{lineage}.parquet", *sorted((out / "next").glob(f"{lineage}-*.parquet"))]
    return pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)


def distinct_bigrams(texts: pd.Series) -> float:
    """Return different word pairs / word pairs over all texts; pairs never cross texts."""
    words = [text.casefold().split() for text in texts]
    pairs = [pair for text in words for pair in itertools.pairwise(text)]
    return len(set(pairs)) / len(pairs)


def cycle_facts(rows: pd.DataFrame, tail: list[str], human: pd.Series) -> dict[str, object]:
    """Return a few measured facts of one cycle's rows."""
    in_tail = rows[rows["label"].isin(tail)]
    recalled = in_tail["weight"][in_tail["prediction"] == in_tail["label"]].sum()
    return {
        "mean score": f"{(rows['score'] * rows['weight']).sum() / rows['weight'].sum():.3f}",
        "tail recall": f"{recalled / in_tail['weight'].sum():.3f}",
        "sections named": rows["prediction"].nunique(),
        "distinct bigrams": f"{distinct_bigrams(rows['output']):.3f}",
        "copies": f"{rows['output'].isin(human).mean():.3f}",
        "words": f"{(rows['output'].str.count(' ') + 1).mean():.2f}",
    }


def facts(out: Path) -> Iterator[dict[str, object]]:
    """Yield the facts of every lineage at five cycles."""
    tail = tail_sections(pd.read_parquet(out / "reference.parquet")["label"])
    human = pd.read_parquet(HUMAN_FILE)["text"]
    for lineage in recursion.LINEAGES:
        frame = read_lineage(lineage, out).set_index("cycle")
        for cycle in FACT_CYCLES:
            yield {"lineage": lineage, "cycle": cycle} | cycle_facts(frame.loc[[cycle]], tail, human)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--facts", action="store_true", help="print the facts of the files in --out")
    options = parser.parse_args()
    if options.facts:
        print(pd.DataFrame(facts(options.out)).to_string(index=False))
    else:
        make(options.seed, options.out)


if __name__ == "__main__":
    main()
