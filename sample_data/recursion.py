"""A small model retrained cycle after cycle, partly on its own output, and evaluated after every cycle.

A cycle's model is fitted from scratch on that cycle's pairs of a text and its section.
``run`` returns the eval rows of one lineage.
"""

import numpy as np
import pandas as pd

from sample_data.holdout import split, stream
from sample_data.model import Coder, Generator, Pairs, log_posterior

LINEAGES = ("replace", "creep", "anchored", "healthy")
CYCLES = 20
ONSET = 5  # the first cycle whose training data may hold the model's own output
PAIRS = 10_000  # training pairs of every cycle


def human_pairs(lineage: str, cycle: int) -> int:
    """Return how many of a cycle's training pairs are human."""
    if cycle < ONSET:
        return PAIRS
    creeping = max(0.0, 0.94 - 0.06 * (cycle - ONSET))
    share = {"replace": 0.0, "anchored": 0.20, "healthy": 1.0, "creep": creeping}[lineage]
    return round(PAIRS * share)


def _evaluate(
    train: Pairs, model: Generator, prompts: pd.DataFrame, coder: Coder, rng: np.random.Generator
) -> pd.DataFrame:
    """Ask the cycle's model every eval prompt: which section, and another synopsis for that section."""
    encoded = coder.encode(prompts)
    posterior = log_posterior(train, encoded.words, coder)
    named = posterior.argmax(axis=1)
    right = posterior[np.arange(len(prompts)), encoded.section]
    rank = 1 + (posterior > right[:, None]).sum(axis=1)
    return pd.DataFrame(
        {
            "example_id": "pkg-" + prompts["package"].to_numpy(object),
            "prompt": prompts["text"].to_numpy(),
            "output": coder.decode(model.write(named, rng)),
            "label": prompts["section"].to_numpy(),
            "prediction": np.array(coder.sections, dtype=object)[named],
            "score": np.where(np.isneginf(right), 0.0, 1.0 / rank),
            "weight": prompts["weight"].to_numpy(),
            "slice.role": prompts["role"].to_numpy(),
        }
    )


def _label(rows: pd.DataFrame, lineage: str, cycle: int) -> pd.DataFrame:
    """Add the columns that say which cycle's model wrote these rows and what it was trained on."""
    human = human_pairs(lineage, cycle)
    rows = rows.sort_values("example_id", ignore_index=True)
    rows.insert(0, "lineage", lineage)
    rows.insert(1, "cycle", cycle)
    return rows.assign(
        checkpoint=f"{lineage}-{cycle:02d}",
        parent=pd.array([cycle - 1 if cycle else None] * len(rows), dtype="Int64"),
        mix=f"human={human},generative={PAIRS - human}",
        decoding="temperature=1.0",
    )


def run(humans: pd.DataFrame, seed: int, lineage: str, cycles: int = CYCLES) -> pd.DataFrame:
    """Retrain one lineage cycle after cycle and return its eval rows, sorted by cycle and example_id."""
    held, coder = split(humans, seed), Coder.of(humans)
    pool = coder.encode(held.pool)
    reservoir = stream(seed, f"{lineage}/reservoir").choice(len(pool.section), PAIRS, replace=False)
    model: Generator | None = None
    frames = []
    for cycle in range(cycles):
        rng = stream(seed, f"{lineage}/{cycle}")
        human = human_pairs(lineage, cycle)
        fixed = lineage == "anchored" and cycle >= ONSET
        picked = reservoir[:human] if fixed else rng.choice(len(pool.section), human, replace=False)
        train = pool.take(picked)
        if model is not None:
            train = train + model.write_pairs(PAIRS - human, rng)
        model = Generator(train, len(coder.words))
        frames.append(_label(_evaluate(train, model, held.prompts, coder, rng), lineage, cycle))
    return pd.concat(frames, ignore_index=True)
