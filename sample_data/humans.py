"""Collect the human texts: one-line synopses of Debian packages, as the local apt index lists them.

Run by hand, once, after ``apt-get update`` on a system whose apt sources are Debian's alone:
``python sample_data/humans.py``. The result, human.parquet, is shipped, so nothing downstream needs apt.

Left out, because no person wrote them one by one, or they say nothing about the package:
- section ``debug`` and every debug-symbol package: one fixed phrase after another package's synopsis;
- section ``oldlibs`` and every transitional or dummy package: they only point at the new package name;
- section ``tasks``: the installer's menu, a grid of languages times desktops;
- Rust feature packages (``... - feature "serde"``): a tool writes one per compile flag of a library;
- texts of fewer than 2 or more than 24 words (policy asks for under 80 characters);
- packages that no archive offers (no Filename): they were installed locally;
- sections left with fewer than 60 unique texts: too few to train on and to hold out.
"""

import re
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd

HUMAN_FILE = Path(__file__).parent / "human.parquet"
SHUFFLE_SEED = 2026
MIN_TEXTS, MIN_WORDS, MAX_WORDS = 60, 2, 24
MECHANICAL_SECTIONS = ["debug", "oldlibs", "tasks"]
MECHANICAL_TEXT = r'\btransitional\b|\bdummy package\b|\bdebug(?:ging)? symbol| - feature "'
FIELD = re.compile(r"^([A-Za-z0-9-]+): ?(.*(?:\n[ \t].*)*)", re.MULTILINE)


def parse(dump: str) -> pd.DataFrame:
    """Return text, section, role and package of every archive package in an ``apt-cache dumpavail`` dump."""
    stanzas = [dict(FIELD.findall(stanza)) for stanza in dump.split("\n\n")]
    fields = pd.DataFrame([stanza for stanza in stanzas if "Filename" in stanza]).fillna("")
    return pd.DataFrame(
        {
            "text": fields["Description"].str.split("\n").str[0].str.split().str.join(" "),
            "section": fields["Section"].str.split("/").str[-1],
            "role": fields["Tag"].str.extract(r"role::([\w-]+)", expand=False).fillna("untagged"),
            "package": fields["Package"],
        }
    )


def clean(rows: pd.DataFrame) -> pd.DataFrame:
    """Drop mechanical rows, repeated texts and small sections; return the rest in a fixed random order."""
    folded = rows["text"].str.casefold()
    mechanical = rows["section"].isin(MECHANICAL_SECTIONS) | folded.str.contains(MECHANICAL_TEXT)
    mechanical |= rows["package"].str.contains("-dbg(?:sym)?$")
    usable = ~mechanical & (rows["text"].str.count(" ") + 1).between(MIN_WORDS, MAX_WORDS)
    # Sorted first, so that which of two packages keeps a shared text does not hang on apt's order.
    kept = rows[usable].sort_values("package")
    kept = kept[~kept["text"].str.casefold().duplicated()]
    kept = kept[kept.groupby("section")["text"].transform("size") >= MIN_TEXTS]
    order = np.random.default_rng(SHUFFLE_SEED).permutation(len(kept))
    return kept.iloc[order].reset_index(drop=True)


if __name__ == "__main__":
    dumped = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, check=True).stdout
    clean(parse(dumped)).to_parquet(HUMAN_FILE, compression="zstd", compression_level=19, index=False)
