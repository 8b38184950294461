"""Real human texts of about 20 words for the benchmarks, up to a million of them, each with a class label.

`texts(n)` and `rows(n)` hand over the first n of one fixed order, cached in `.bench/corpus.parquet`. They
are, in this order (`made_of(n)` counts them):

1. `description`: pieces of the long English descriptions of Debian packages, as apt lists them, 12 to 28
   words, cut at sentence borders where possible, never across descriptions. A paragraph that several packages
   share is used once. The label is the package's Section: 60 classes with a long tail (`unknown` where the
   package is built for other machines only).
2. `docstring`: the same from the docstrings of Python's standard library, shuffled in with the first kind.
3. `window`: real text again, but seen before. The first two kinds end at about 115,000 texts that do not
   overlap; what is asked for beyond that is windows of 20 words over the same paragraphs at other offsets,
   one sweep after another. No two texts are equal, but at a million every word stands in eight or nine
   texts: rows and tokens are those of a million texts, distinct n-grams those of some 115,000.

The texts follow the release that apt lists and the Python that runs, so they are the same on one machine.
"""

import ast
import contextlib
import re
import subprocess
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

BENCH = Path(__file__).parents[2] / ".bench"
CACHE = BENCH / "corpus.parquet"
MOST = 1_000_000
GROUP = 50_000
SEED = 2026
SHORTEST, TARGET, LONGEST = 12, 20, 28
# Each offset lies as far as it can from those before it: the overlap grows slowly with the number of sweeps.
OFFSETS = (10, 5, 15, 2, 12, 7, 17, 3, 13, 8, 18, 1, 11, 6, 16, 4, 14, 9, 19)
FIELD = re.compile(r"^([A-Za-z0-9-]+): ?(.*(?:\n[ \t].*)*)", re.MULTILINE)
BULLET = re.compile(r"\n +[*+o-] ")
SENTENCE = re.compile(r"(?<=[.!?:;])\s+(?=[A-Z0-9\"'(])|\n\n")

Source = tuple[str, str, str, list[list[str]]]
"""Kind, label, package, and the sentences of one description, each a list of words."""


def texts(n: int) -> list[str]:
    """Return the first n texts."""
    column: list[str] = _read(n, ["text"]).column("text").to_pylist()
    return column


def rows(n: int) -> pd.DataFrame:
    """Return the first n texts with their label and package."""
    frame: pd.DataFrame = _read(n, ["text", "label", "package"]).to_pandas()
    return frame


def made_of(n: int) -> dict[str, int]:
    """How many of the first n texts are of each kind; only `window` texts overlap others."""
    counts = _read(n, ["kind"]).to_pandas()["kind"].value_counts()
    return {str(kind): int(count) for kind, count in counts.items()}


def _read(n: int, columns: list[str]) -> pa.Table:
    """The first n rows, read from no more of the file than holds them."""
    if not CACHE.exists():
        _build()
    with pq.ParquetFile(CACHE) as file:
        if n > file.metadata.num_rows:
            raise SystemExit(f"The corpus has {file.metadata.num_rows:,} texts; {n:,} were asked for.")
        return file.read_row_groups(list(range(-(-n // GROUP))), columns=columns).slice(0, n)


def _build() -> None:
    """Collect, cut, order and store."""
    sources = _fresh([*_descriptions(), *_docstrings()])
    parts = [_shuffled(_unseen(_frame((source, _pieces(source[3])) for source in sources), set()), 0)]
    seen = set(parts[0]["text"].str.casefold())
    for sweep, offset in enumerate(OFFSETS, start=1):
        if sum(map(len, parts)) >= MOST:
            break
        windows = ((("window", *source[1:]), _windows(source[3], offset)) for source in sources)
        part = _unseen(_frame(windows), seen)
        seen.update(part["text"].str.casefold())
        parts.append(_shuffled(part, sweep))
    whole = pd.concat(parts, ignore_index=True).head(MOST)
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    whole.to_parquet(CACHE, compression="zstd", index=False, row_group_size=GROUP)


def _frame(cut: Iterable[tuple[Source, Iterator[list[str]]]]) -> pd.DataFrame:
    found = [
        (" ".join(words), label, package, kind) for (kind, label, package, _), texts in cut for words in texts
    ]
    return pd.DataFrame(found, columns=["text", "label", "package", "kind"])


def _unseen(frame: pd.DataFrame, seen: set[str]) -> pd.DataFrame:
    folded = frame["text"].str.casefold()
    return frame[~folded.duplicated() & ~folded.isin(seen)]


def _shuffled(frame: pd.DataFrame, sweep: int) -> pd.DataFrame:
    return frame.iloc[np.random.default_rng([SEED, sweep]).permutation(len(frame))]


def _pieces(sentences: list[list[str]]) -> Iterator[list[str]]:
    """Whole sentences, put together up to about 20 words; only a long sentence is cut."""
    held: list[str] = []
    for sentence in sentences:
        if len(held) >= SHORTEST and len(held) + len(sentence) > LONGEST:
            yield held
            held = []
        held = held + sentence
        while len(held) > LONGEST:
            yield held[:TARGET]
            held = held[TARGET:]
        if len(held) >= TARGET:
            yield held
            held = []
    if len(held) >= SHORTEST:
        yield held


def _windows(sentences: list[list[str]], offset: int) -> Iterator[list[str]]:
    words = [word for sentence in sentences for word in sentence]
    for start in range(offset, len(words) - TARGET + 1, TARGET):
        yield words[start : start + TARGET]


def _fresh(sources: list[tuple[str, str, str, str]]) -> list[Source]:
    """Leave out every paragraph that an earlier source has, and cut the rest into sentences."""
    seen: set[str] = set()
    kept: list[Source] = []
    for kind, label, package, body in sources:
        sentences: list[list[str]] = []
        for paragraph in re.split(r"\n\s*\n", BULLET.sub("\n\n", "\n" + body)):
            key = " ".join(paragraph.casefold().split())
            if key not in seen:
                seen.add(key)
                sentences += [words for part in SENTENCE.split(paragraph) if (words := part.split())]
        kept.append((kind, label, package, sentences))
    return kept


def _descriptions() -> Iterator[tuple[str, str, str, str]]:
    """Every long description that apt lists in English, in the order of package names."""
    folder = BENCH / "apt"
    _update(folder)
    sections = {
        stanza["Package"]: stanza.get("Section", "unknown").split("/")[-1]
        for stanza in _stanzas(folder, "*_Packages*")
    }
    listed = sorted(_stanzas(folder, "*_Translation-en*"), key=lambda stanza: stanza["Package"])
    for stanza in listed:
        _, _, body = stanza.get("Description-en", "").partition("\n")
        # A line with a lone dot is Debian's empty line.
        body = re.sub(r"^ \.$", "", body, flags=re.MULTILINE)
        yield "description", sections.get(stanza["Package"], "unknown"), stanza["Package"], body


def _update(folder: Path) -> None:
    """Fetch the lists into a folder of their own: the next plain update would delete the long texts."""
    (folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (folder / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    options = ["Acquire::Languages=en", f"Dir::State::Lists={folder}/lists", f"Dir::Cache={folder}/cache"]
    command = ["apt-get", "-qq", *(word for option in options for word in ("-o", option)), "update"]
    # What matters is what it brought: one source of several may be out of reach.
    with contextlib.suppress(OSError):
        subprocess.run(command, check=False, capture_output=True)
    if not list(folder.glob("lists/*_Translation-en*")):
        raise SystemExit(
            "The benchmark corpus is made of package descriptions, and `apt-get update` brought none:"
            " run it once on Debian or Ubuntu with a package source within reach."
        )


def _stanzas(folder: Path, pattern: str) -> Iterator[dict[str, str]]:
    for path in sorted(folder.glob(f"lists/{pattern}")):
        # apt keeps its lists compressed; its own helper reads whichever way that is.
        command = ["/usr/lib/apt/apt-helper", "cat-file", str(path)]
        content = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        for stanza in content.split("\n\n"):
            if stanza.strip():
                yield dict(FIELD.findall(stanza))


def _docstrings() -> Iterator[tuple[str, str, str, str]]:
    """Every docstring of the standard library, its tests left out."""
    root = Path(sysconfig.get_path("stdlib"))
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root)
        if {"site-packages", "dist-packages", "test", "tests", "idle_test"} & set(inside.parts):
            continue
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError):
            continue  # deliberately broken files, kept by Python to test its own tools
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield "docstring", "stdlib", str(inside), ast.get_docstring(node) or ""
