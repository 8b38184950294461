"""Who is held out: eval prompts, half of them on tail sections, and a pinned human reference."""

import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

PROMPTS, TAIL_MASS = 800, 0.20
REFERENCE = 4_000


def stream(seed: int, label: str) -> np.random.Generator:
    """Return the random stream of one label; CRC-32, because Python's own hash differs between runs."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(label.encode())]))


@dataclass(frozen=True)
class Split:
    """Three disjoint parts of the human texts: weighted eval prompts, pinned reference, training pool."""

    prompts: pd.DataFrame
    reference: pd.DataFrame
    pool: pd.DataFrame


def tail_sections(sections: pd.Series) -> list[str]:
    """Return the rarest sections while their running share stays within 20 %, ties together."""
    share = sections.value_counts(normalize=True).sort_values()
    per_size = share.groupby(share).sum().cumsum()
    return sorted(share.index[share.map(per_size) <= TAIL_MASS])


def _proportional(counts: pd.Series, total: int) -> pd.Series:
    """Share out ``total`` in proportion to ``counts``, the largest remainders rounded up."""
    exact = counts.sort_index() / counts.sum() * total
    floors = np.floor(exact).astype(int)
    largest = (exact - floors).rank(method="first", ascending=False) <= total - floors.sum()
    quota: pd.Series = floors + largest
    return quota


def _take(frame: pd.DataFrame, quota: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the first rows of every section up to its quota, and the rest."""
    taken = frame.groupby("section").cumcount() < frame["section"].map(quota).fillna(0)
    return frame[taken], frame[~taken]


def split(humans: pd.DataFrame, seed: int) -> Split:
    """Hold out the reference (natural shares) and the eval prompts (half of them on tail sections)."""
    shuffled = humans.iloc[stream(seed, "split").permutation(len(humans))]
    counts = humans["section"].value_counts().sort_index()
    in_tail = counts.index.isin(tail_sections(humans["section"]))
    reference, rest = _take(shuffled, _proportional(counts, REFERENCE))
    evenly = _proportional(counts[in_tail] * 0 + 1, PROMPTS // 2)
    prompts, pool = _take(rest, pd.concat([evenly, _proportional(counts[~in_tail], PROMPTS // 2)]))
    shares = [part["section"].value_counts(normalize=True) for part in (humans, prompts)]
    prompts = prompts.assign(weight=prompts["section"].map(shares[0] / shares[1]))
    return Split(prompts.sort_values("package"), reference.sort_values("package"), pool)
