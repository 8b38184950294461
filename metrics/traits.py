"""What a cycle's outputs alone tell of how they were asked for, scored and embedded.

Nobody need declare a changed evaluation for it to show. But a model that narrows changes its outputs too, so
that only what no narrowing brings about counts here: a model cannot answer a prompt more often than it was
asked, be given a grade that the scorer does not know, go on beyond the limit of its length, or become much
longer all at once with as many different words among as many.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrics import lengthening
from metrics.fields import TRUNCATED
from metrics.lengthening import Wording

# Fewer scores or outputs, and fewer texts that came again, are no evidence.
ENOUGH, ENOUGH_TEXTS = 100, 5
# Vectors that are looked at; of texts that may come again, how many are remembered, by how many numbers.
VECTORS, REMEMBERED, NUMBERS = 1_000, 64, 4
# How far two numbers of the same vector may lie apart, as a graphics card rounds.
ALIKE = 0.02
# As many-sided as before, and words about as long: what a collapse onto a few answers or onto noise is not.
MANY, LETTERS = 0.9, 0.2
LONGER, CUT = 1.5, 0.05

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """The least, the median and the greatest score, and the share that are whole numbers."""

    lowest: float
    middle: float
    highest: float
    whole: float


@dataclass(frozen=True)
class Lengths:
    """The share of outputs that met the limit of their length, and how long outputs are.

    `reach` and `most`: words, and characters, that one output in twenty and the longest go on to; `letters`:
    characters per word.
    """

    cut: float
    reach: Sequence[float]
    most: Sequence[float]
    letters: float


@dataclass(frozen=True)
class Traits:
    """The traits of one cycle; None, or 0 predictions, where the outputs do not tell.

    `samples`: outputs of one prompt. `texts`: share of the outputs that differ; `classes`: predictions that
    differ. `unit`: share of the vectors that came along whose length is 1. `vectors`: by prompt and text,
    what the vector of it looks like. `wording`: how long the outputs are, and how rich.
    """

    samples: int | None = None
    scores: Scores | None = None
    texts: float | None = None
    classes: int = 0
    unit: float | None = None
    lengths: Lengths | None = None
    vectors: Mapping[int, Sequence[float]] = field(default_factory=dict)
    wording: Wording | None = None

    def as_json(self) -> str:
        """For the store."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Traits:
        """As `as_json` wrote it down."""
        known = json.loads(text)
        scores, lengths, wording = (known.pop(name) for name in ("scores", "lengths", "wording"))
        return Traits(
            **known | {"vectors": _by_number(known["vectors"])},
            scores=Scores(**scores) if scores else None,
            lengths=Lengths(**lengths) if lengths else None,
            wording=Wording(wording["words"], _by_number(wording["different"])) if wording else None,
        )


def _by_number(known: Mapping[str, Any]) -> dict[int, Any]:
    """JSON makes texts of the numbers by which something is named."""
    return {int(name): each for name, each in known.items()}


def of(frame: pd.DataFrame) -> Traits:
    """The traits of an outputs frame of one cycle."""
    if frame.empty:
        return Traits()
    texts, vectors = frame["output"].notna(), frame["embedding"].notna()
    return Traits(
        samples=_samples(frame),
        scores=_scores(frame["score"].dropna().to_numpy(float)),
        texts=frame["output"].nunique() / texts.sum() if texts.sum() >= ENOUGH else None,
        classes=int(frame["prediction"].nunique()),
        unit=_unit(frame[vectors]),
        lengths=_lengths(frame[texts & frame["finish_reason"].notna()]),
        vectors=_remembered(frame[texts & vectors]),
        wording=lengthening.of(frame.loc[texts, ["example_key", "output"]]),
    )


def _samples(frame: pd.DataFrame) -> int | None:
    """Outputs of one prompt; None where more than one prompt in five has another number of them."""
    by = ["example_key", *(["seed"] if "seed" in frame else [])]
    counts = frame.groupby(by, dropna=False).size()
    usual = int(counts.mode().iloc[0])
    return usual if (counts == usual).mean() >= 0.8 else None


def _scores(known: Floats) -> Scores | None:
    if len(known) < ENOUGH:
        return None
    whole = float(np.mean(known == np.round(known)))
    return Scores(float(known.min()), float(np.median(known)), float(known.max()), whole)


def _unit(rows: pd.DataFrame) -> float | None:
    lengths = np.linalg.norm(_stacked(rows.iloc[:VECTORS]), axis=1)
    lengths = lengths[lengths > 0]
    return float(np.mean(np.abs(lengths - 1) <= 1e-3)) if len(lengths) else None


def _stacked(rows: pd.DataFrame) -> Floats:
    return np.stack(rows["embedding"].tolist()).astype(float) if len(rows) else np.zeros((0, 1))


def _remembered(rows: pd.DataFrame) -> dict[int, list[float]]:
    """The vectors of some outputs, seen from fixed sides: which outputs is decided by a hash of each alone.

    So two cycles remember the same ones, where a prompt is answered with the same text in both.
    """
    texts = pd.util.hash_array(rows["output"].to_numpy(object))
    names = texts ^ rows["example_key"].to_numpy(np.int64).view(np.uint64)
    _, first = np.unique(names, return_index=True)
    chosen = first[:REMEMBERED]
    kept = _stacked(rows.iloc[chosen])
    kept /= np.maximum(np.linalg.norm(kept, axis=1, keepdims=True), 1e-12)
    sides = np.random.default_rng(0).standard_normal((kept.shape[1], NUMBERS))
    seen = np.round(kept @ sides, 4).tolist()
    return {int(names[i]): numbers for i, numbers in zip(chosen, seen, strict=True)}


def _lengths(rows: pd.DataFrame) -> Lengths | None:
    if len(rows) < ENOUGH:
        return None
    texts = rows["output"].astype(str)
    sizes = np.array([texts.str.count(r"\S+"), texts.str.len()], float)
    cut = rows["finish_reason"].str.lower().isin(TRUNCATED).to_numpy(bool)
    reach, most = (np.quantile(sizes, q, axis=1).tolist() for q in (0.95, 1.0))
    words, letters = sizes.sum(axis=1).tolist()
    return Lengths(float(cut.mean()), reach, most, letters / max(words, 1.0))


def changed(now: Traits, then: Sequence[Traits], name: str) -> str | None:
    """How the evaluation of a cycle differs from that of comparable ones, in words; None where nothing tells.

    `name` is what the first of those is called. What differs must differ from each of them that tells.
    """
    for tells in TELLS:
        found = [said for other in then if (said := tells(now, other, name)) is not None]
        if found and all(found):
            return found[0]
    return _longer(now, then, name) or _encoder(now, then, name)


def _answers(now: Traits, then: Traits, name: str) -> str | None:
    if now.samples is None or then.samples is None:
        return None
    if now.samples == then.samples:
        return ""
    several = "outputs" if now.samples > 1 else "output"
    return f"it has {now.samples} {several} of a prompt, {name} has {then.samples}"


def _grades(now: Traits, then: Traits, name: str) -> str | None:
    """A scorer that knows whole numbers only gives no others, and a share is never far above 1."""
    a, b = now.scores, then.scores
    if a is None or b is None:
        return None
    if b.whole == 1 and b.lowest < b.highest and a.whole <= 0.5:
        return f"its scores are graded, those of {name} are whole numbers"
    share = b.lowest >= 0 and b.highest <= 1
    if share and a.middle >= 2:
        return f"its scores lie around {a.middle:.3g}, those of {name} between 0 and 1"
    binary = a.whole == 1 and (a.lowest, a.highest) == (0, 1)
    # One class left, always or never right, gives 0 and 1 too: where answers are fewer, it is no proof.
    if share and b.whole <= 0.8 and binary and _as_many(now, then):
        return f"its scores are 0 or 1, those of {name} are graded"
    return ""


def _as_many(now: Traits, then: Traits) -> bool:
    known = [(float(now.classes), float(then.classes))] if then.classes > 1 else []
    known += [(now.texts or 0.0, then.texts)] if then.texts is not None else []
    return bool(known) and all(mine >= MANY * theirs for mine, theirs in known)


def _length_of_vectors(now: Traits, then: Traits, name: str) -> str | None:
    if now.unit is None or then.unit is None:
        return None
    if now.unit >= 0.99 and then.unit <= 0.01:
        return f"its vectors are of length 1, those of {name} are not"
    if now.unit <= 0.01 and then.unit >= 0.99:
        return f"its vectors are not of length 1, those of {name} are"
    return ""


def _limits(now: Traits, then: Traits, name: str) -> str | None:
    """Where outputs were cut off, none can be longer; where others went on, nothing cuts them off there."""
    a, b = now.lengths, then.lengths
    if a is None or b is None or not b.letters:
        return None
    alike = abs(a.letters / b.letters - 1) <= LETTERS
    if alike and b.cut >= CUT and _beyond(a.reach, b.most):
        return f"its outputs reach {a.reach[0]:.0f} words, those of {name} were cut off at {b.most[0]:.0f}"
    if alike and a.cut >= max(4 * CUT, b.cut) and _beyond(b.reach, a.most):
        return (
            f"its outputs are cut off at {a.most[0]:.0f} words, those of {name} went on to {b.reach[0]:.0f}"
        )
    return ""


def _beyond(reach: Sequence[float], most: Sequence[float]) -> bool:
    """Longer in words and in characters: one alone may be another language, or noise."""
    return all(mine > LONGER * theirs for mine, theirs in zip(reach, most, strict=True))


TELLS: tuple[Callable[[Traits, Traits, str], str | None], ...] = (
    _answers,
    _grades,
    _length_of_vectors,
    _limits,
)


def _longer(now: Traits, then: Sequence[Traits], name: str) -> str | None:
    others = [each.wording for each in then if each.wording is not None]
    if now.wording is None or not others or not lengthening.unusual(now.wording, others):
        return None
    words = f"{now.wording.words:.3g} words on average instead of {others[0].words:.3g} in {name}"
    return f"its outputs are longer, {words}, and no poorer in words"


def longer(now: Traits, then: Traits) -> bool:
    """Whether outputs are much longer than others, as rich in words; False where they do not tell."""
    if now.wording is None or then.wording is None:
        return False
    return lengthening.longer(now.wording, then.wording)


def _encoder(now: Traits, then: Sequence[Traits], name: str) -> str | None:
    """Another vector for the same text, where the cycles before agree on theirs: another encoder."""
    firm = [_agree(one, other) for i, one in enumerate(then) for other in then[:i]]
    moved = [known for other in then if (known := _agree(now, other)) is not None]
    if True in firm and False not in firm and moved and not any(moved):
        return f"the same texts have other vectors than in {name}"
    return None


def _agree(one: Traits, other: Traits) -> bool | None:
    """Whether two cycles have the same vectors for the same texts; None where too few came again."""
    mine, theirs = one.vectors, other.vectors
    both = mine.keys() & theirs.keys()
    if len(both) < ENOUGH_TEXTS:
        return None
    apart = [max(abs(a - b) for a, b in zip(mine[k], theirs[k], strict=True)) for k in both]
    return float(np.median(apart)) <= ALIKE
