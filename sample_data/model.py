"""The model that is retrained: a word n-gram generator and a naive Bayes classifier."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sample_data.humans import MAX_WORDS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Weights of the class's trigrams, bigrams and single words, then of single words of any class.
INTERPOLATION = (0.80, 0.15, 0.04, 0.01)
SMOOTHING = 0.1  # of the classifier; chosen on human texts alone, see README.md
END, START = 0, 1  # word ids with a meaning of their own; END also pads


@dataclass(frozen=True)
class Pairs:
    """Texts (one row of word ids each, padded with END) and the section number of each."""

    words: Ints
    section: Ints

    def take(self, rows: Ints) -> "Pairs":
        """Return these rows."""
        return Pairs(self.words[rows], self.section[rows])

    def __add__(self, other: "Pairs") -> "Pairs":
        """Return these pairs, then the others."""
        words = np.concatenate([self.words, other.words])
        return Pairs(words, np.concatenate([self.section, other.section]))


@dataclass(frozen=True)
class Coder:
    """Turns texts and sections into numbers and back; words are what stands between spaces."""

    words: npt.NDArray[np.object_]
    folded: Ints  # word id -> id of the word in lower case without outer punctuation, for the classifier
    sections: list[str]

    @classmethod
    def of(cls, humans: pd.DataFrame) -> "Coder":
        """Number every word and section of the human texts."""
        words = pd.Index(["", ""]).append(pd.Index(humans["text"].str.split().explode().unique()))
        bare = words.str.casefold().str.strip("()[]{}<>\"'`.,;:!?")
        folded = pd.factorize(bare.where(bare != "", words))[0].astype(np.int64)
        return cls(words.to_numpy(object), folded, sorted(humans["section"].unique()))

    def encode(self, rows: pd.DataFrame) -> Pairs:
        """Return the pairs of these human rows."""
        texts = rows["text"].str
        ids = pd.Series(np.arange(2, len(self.words)), index=self.words[2:])
        words = np.full((len(rows), MAX_WORDS + 1), END, dtype=np.int64)
        filled = np.arange(MAX_WORDS + 1) < (texts.count(" ") + 1).to_numpy()[:, None]
        words[filled] = ids.loc[texts.split().explode()].to_numpy()
        return Pairs(words, np.searchsorted(self.sections, rows["section"].to_numpy(str)))

    def decode(self, words: Ints) -> list[str]:
        """Return the texts of rows of word ids."""
        return [" ".join(self.words[row[row != END]]) for row in words]


class _Level:
    """The words seen after each context at one depth of the interpolation."""

    def __init__(self, contexts: Ints, words: Ints) -> None:
        """Group the words by their context."""
        self.words = words[np.argsort(contexts, kind="stable")]
        self.contexts, counts = np.unique(contexts, return_counts=True)
        self.ends = np.cumsum(counts)
        self.counts = counts

    def draw(self, contexts: Ints, uniform: Floats) -> Ints:
        """Return one seen word per context, by frequency; -1 where the context was never seen."""
        at = np.minimum(np.searchsorted(self.contexts, contexts), len(self.contexts) - 1)
        back = np.ceil(uniform * self.counts[at]).astype(np.int64)
        return np.where(self.contexts[at] == contexts, self.words[self.ends[at] - np.maximum(back, 1)], -1)


class Generator:
    """Class-conditional trigrams, interpolated with bigrams, single words and class-free single words."""

    def __init__(self, train: Pairs, vocabulary: int) -> None:
        """Count what follows what in the training texts of each section."""
        self.vocabulary = vocabulary
        self.prior = train.section
        start = np.full((len(train.words), 2), START, dtype=np.int64)
        padded = np.concatenate([start, train.words], axis=1)
        real = np.arange(MAX_WORDS + 1) <= (train.words != END).sum(axis=1)[:, None]
        section = np.broadcast_to(train.section[:, None], real.shape)[real]
        nexts = train.words[real]
        keys = self._contexts(section, padded[:, :-2][real], padded[:, 1:-1][real])
        # A single-word draw never ends a text: else one in ten of them would, whatever stands before it.
        keep = [nexts >= END, nexts >= END, nexts != END, nexts != END]
        self.levels = [_Level(key[kept], nexts[kept]) for key, kept in zip(keys, keep, strict=True)]

    def _contexts(self, section: Ints, before: Ints, last: Ints) -> list[Ints]:
        """Return what each level conditions on, as one number per position."""
        bigram = section * self.vocabulary + last
        return [bigram * self.vocabulary + before, bigram, section, np.zeros_like(section)]

    def _next(self, section: Ints, before: Ints, last: Ints, rng: np.random.Generator) -> Ints:
        """Draw the next word: pick a level by its weight, fall to the next one where it knows nothing."""
        chosen = np.searchsorted(np.cumsum(INTERPOLATION[:-1]), rng.random(len(section)), side="right")
        uniform = rng.random(len(section))
        word = np.full(len(section), -1, dtype=np.int64)
        for depth, contexts in enumerate(self._contexts(section, before, last)):
            todo = (word < 0) & (chosen <= depth)
            word[todo] = self.levels[depth].draw(contexts[todo], uniform[todo])
        return word

    def write(self, section: Ints, rng: np.random.Generator) -> Ints:
        """Write one text for each of these sections, at temperature 1 and at most 24 words."""
        padded = np.full((len(section), MAX_WORDS + 3), END, dtype=np.int64)
        padded[:, :2] = START
        live = np.arange(len(section))
        for place in range(2, MAX_WORDS + 2):
            word = self._next(section[live], padded[live, place - 2], padded[live, place - 1], rng)
            padded[live, place] = word
            live = live[word != END]
        return padded[:, 2:]

    def write_pairs(self, number: int, rng: np.random.Generator) -> Pairs:
        """Write training pairs: sections by their frequency in training, then a text for each."""
        section = rng.choice(self.prior, number)
        return Pairs(self.write(section, rng), section)


def _features(words: Ints, folded: Ints) -> tuple[Ints, Ints]:
    """Return (row, feature) of every word and every pair of neighbouring words."""
    size = int(folded.max()) + 1
    plain = folded[words]
    singles, pairs = words != END, (words != END)[:, 1:]
    bigrams = size + plain[:, :-1] * size + plain[:, 1:]
    rows = np.concatenate([np.nonzero(singles)[0], np.nonzero(pairs)[0]])
    return rows, np.concatenate([plain[singles], bigrams[pairs]])


def log_posterior(train: Pairs, prompts: Ints, coder: Coder) -> Floats:
    """Multinomial naive Bayes on word and bigram counts: log p(section, prompt) up to a constant.

    Equals scikit-learn's MultinomialNB, but counts only the features that the prompts hold, which is
    several times faster. A section with no training pair gets minus infinity.
    """
    sections = len(coder.sections)
    rows, features = _features(train.words, coder.folded)
    prompt_rows, prompt_features = _features(prompts, coder.folded)
    wanted = np.intersect1d(features, prompt_features)
    held = np.isin(features, wanted)
    cells = np.searchsorted(wanted, features[held]) * sections + train.section[rows[held]]
    counts = np.bincount(cells, minlength=len(wanted) * sections).reshape(-1, sections)
    totals = np.bincount(train.section[rows], minlength=sections) + SMOOTHING * len(np.unique(features))
    known = np.isin(prompt_features, wanted)
    with np.errstate(divide="ignore"):
        posterior: Floats = np.tile(np.log(np.bincount(train.section, minlength=sections)), (len(prompts), 1))
    likelihood = np.log(counts + SMOOTHING) - np.log(totals)
    np.add.at(posterior, prompt_rows[known], likelihood[np.searchsorted(wanted, prompt_features[known])])
    return posterior
