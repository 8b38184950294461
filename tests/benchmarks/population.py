"""A fixed population of real outputs, whose true values are known because all of it can be measured.

The human synopses of the sample data fall into three parts that share no text: a reference of 4,000, the
training pairs of the classifier, and the population: 50,000 prompts with their output, in two cycles.

- Cycle 0: each prompt's output is its human text; the section is named by the naive Bayes classifier of the
  sample data, fitted on human pairs alone.
- Cycle 1: one output in ten says what another prompt of its section says, and some prompts are quoted far
  more often than others; the classifier is one really retrained, half its pairs written by the generator.

Three things that no human text does are planted: outputs that are empty, refusals, and answers without a
section (those of which the classifier is least sure).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logsumexp, softmax

from metrics import stats, text
from metrics.comparison import TAIL_MASS, WHOLE, Comparison, class_mass
from metrics.embed import embed, encoder_name
from metrics.features import Reference
from metrics.modes import Modes, find
from metrics.phrasings import Phrasings
from metrics.phrasings import find as find_phrasings
from metrics.sample import Sample
from sample_data.humans import HUMAN_FILE
from sample_data.model import END, Coder, Generator, Pairs, log_posterior

SEED = 2026
REFERENCE, TRAINED = 4_000, 4_649
REPLACED = 0.1
EMPTY, REFUSED, UNANSWERED = (0.01, 0.02), (0.01, 0.02), (0.02, 0.03)
LONG = 12
BASELINE = 1_000
# How an eval set is drawn from the population.
PLAIN, IN_PAIRS, HALF_TAIL = "one a prompt", "two a prompt", "half from the tail"
REFUSALS = (
    "I'm sorry, but I can't describe this package.",
    "I cannot help with that.",
    "As an AI, I do not know this package.",
    "I am unable to answer.",
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Judged:
    """What one classifier makes of texts: named section, probability of each section, log evidence.

    The probabilities spread the evidence evenly over the words: naive Bayes takes every word for a witness of
    its own, and is far too sure where there are many.
    """

    named: Ints
    chance: Floats
    evidence: Floats

    @staticmethod
    def by(train: Pairs, texts: Pairs, coder: Coder) -> Judged:
        """The verdicts of the classifier fitted on `train`."""
        posterior = log_posterior(train, texts.words, coder)
        chance = softmax(posterior / (texts.words != END).sum(axis=1, keepdims=True), axis=1)
        return Judged(posterior.argmax(axis=1), chance, logsumexp(posterior, axis=1))

    def score(self, section: Ints) -> Floats:
        """The probability of the right section of each text."""
        return np.asarray(self.chance[np.arange(len(section)), section])


class Population:
    """The three parts, and the two cycles as samples; made once, in a minute or so."""

    def __init__(self) -> None:
        humans = pd.read_parquet(HUMAN_FILE)
        borders = pairwise([0, REFERENCE, REFERENCE + TRAINED, len(humans)])
        parts = [humans.iloc[a:b].reset_index(drop=True) for a, b in borders]
        self.held, self.trained, self.rows = parts
        self.coder = Coder.of(humans)
        self.size = len(self.rows)

    @cached_property
    def vectors(self) -> npt.NDArray[np.float32]:
        """The vector of each human text of the population."""
        return embed(self.rows["text"])

    @cached_property
    def sections(self) -> Ints:
        """The section of each row of the population, by number."""
        return self.coder.encode(self.rows).section

    @cached_property
    def judged(self) -> tuple[Judged, Judged]:
        """The verdicts of cycle 0's classifier, and of the one retrained on half its own model's pairs."""
        human, texts = self.coder.encode(self.trained), self.coder.encode(self.rows)
        rng = np.random.default_rng([SEED, 1])
        half = len(human.section) // 2
        own = Generator(human, len(self.coder.words)).write_pairs(half, rng)
        return Judged.by(human, texts, self.coder), Judged.by(
            human.take(np.arange(half)) + own, texts, self.coder
        )

    @cached_property
    def sources(self) -> tuple[Ints, Ints]:
        """The row whose text each cycle's output is: its own; in cycle 1, for one in ten, another."""
        rng = np.random.default_rng([SEED, 2])
        own = np.arange(self.size)
        later = own.copy()
        for section in range(len(self.coder.sections)):
            rows = np.flatnonzero(self.sections == section)
            quoted = rng.permutation(rows)
            often = 1 / np.arange(1, len(rows) + 1)
            moved = rows[rng.random(len(rows)) < REPLACED]
            later[moved] = rng.choice(quoted, len(moved), p=often / often.sum())
        return own, later

    def frame(self, cycle: int) -> pd.DataFrame:
        """The outputs of one cycle."""
        judged, source = self.judged[cycle], self.sources[cycle]
        chance = np.random.default_rng([SEED, 3]).random(self.size)
        wording = np.array(REFUSALS, object)[np.arange(self.size) % len(REFUSALS)]
        written = self.rows["text"].to_numpy(object)[source]
        output = np.where(chance < EMPTY[cycle], "", np.where(chance > 1 - REFUSED[cycle], wording, written))
        sure = judged.chance.max(axis=1)
        unsure = sure < np.quantile(sure, UNANSWERED[cycle])
        named = np.array([*self.coder.sections, None], object)[np.where(unsure, -1, judged.named)]
        label = self.rows["section"].to_numpy(object)
        return pd.DataFrame(
            {
                "example_id": "pkg-" + self.rows["package"],
                "output": output,
                "label": label,
                "prediction": named,
                "score": judged.score(self.sections),
                "verified": named == label,
                "logprob": judged.evidence[source],
                "finish_reason": np.where(self.rows["text"].str.count(" ")[source] >= LONG, "length", "stop"),
                "weight": 1.0,
            }
        )

    def in_pairs(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The same outputs as two of each prompt: neighbours by section and package, often of one source."""
        order = self.rows.sort_values(["section", "package"]).index
        asked = np.empty(self.size, np.int64)
        asked[order] = np.arange(self.size) // 2
        return frame.assign(example_id=[f"pair-{i}" for i in asked])

    @cached_property
    def modes(self) -> Modes | None:
        """The kinds of text of the reference."""
        texts = self.held["text"].tolist()
        return find(embed(texts), texts, SEED)

    @cached_property
    def phrasings(self) -> Phrasings | None:
        """What the first outputs of cycle 0 say again and again, as many as a baseline has."""
        return find_phrasings(self.frame(0).iloc[:BASELINE].assign(cycle=0))

    def comparison(self, m: int) -> Comparison:
        """What both cycles are measured under, all of it fixed by the reference and by cycle 0."""
        mass = class_mass(self.held["section"], pd.Series(1.0, self.held.index))
        return Comparison(
            baseline=(0,),
            sizes={WHOLE: m},
            classes=tuple(sorted(mass)),
            tail=tuple(sorted(stats.rarest(mass, TAIL_MASS))),
            encoder=encoder_name(),
            reference="human",
            cohort=np.empty(0, np.int64),
            mass=mass,
            vocabulary=len(np.unique(text.words(self.rows["text"]).hashes)),
            surprise=float(np.quantile(-self.judged[0].evidence, 0.95)),
            modes=self.modes,
            phrasings=self.phrasings,
        )

    def reference(self, comparison: Comparison) -> Reference:
        """The human texts outside the population, with the scores of cycle 0's classifier."""
        texts = self.coder.encode(self.held)
        score = Judged.by(self.coder.encode(self.trained), texts, self.coder).score(texts.section)
        frame = pd.DataFrame({"output": self.held["text"], "label": self.held["section"], "score": score})
        return Reference(frame, tail=comparison.tail, modes=self.modes, seed=SEED)

    def weighted(self, frame: pd.DataFrame, tail: Sequence[str]) -> pd.DataFrame:
        """The same outputs, weighted for an eval set that draws half its prompts from the tail."""
        rare = frame["label"].isin(tail).to_numpy(bool)
        share = np.where(rare, rare.mean(), 1 - rare.mean())
        return frame.assign(weight=share / 0.5)

    def samples(self, m: int, design: str = PLAIN) -> tuple[Sample, Sample]:
        """Both cycles of the whole population, from which draws are taken with `sliced`."""
        comparison = self.comparison(m)
        reference = self.reference(comparison)
        frames = [self.frame(cycle) for cycle in (0, 1)]
        if design == IN_PAIRS:
            frames = [self.in_pairs(frame) for frame in frames]
        if design == HALF_TAIL:
            frames = [self.weighted(frame, comparison.tail) for frame in frames]
        one, other = (Sample(frame, comparison, reference=lambda: reference) for frame in frames)
        return one, other
