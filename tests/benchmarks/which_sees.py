"""Which metric sees which narrowing, on real outputs: the table that ships as `metrics/which_sees.csv`.

A cycle: 3,000 prompts of the population of `population.py`, each answered by a real text of its section and
judged by a real classifier. Every kind of narrowing in `metrics/injections` is planted in 5, 10 and 30 % of
the answers; what takes an answer's place is another real text, which no other prompt is answered with:

- tail loss: prompts of tail sections (at 30 %, of the next rarest too) are answered by texts of others;
- semantic narrowing: by the nearest of those texts of the section that lie near the centre of all vectors;
- copying: by a copy of another answer in the same section (the prompt's other answer, where it has two);
- shortening: the text ends after half its words;
- mode dropping: no answer lies in the rarest modes any more, but in other modes of the same section.

A shift is the mean change by the planting, over the standard deviation of the change between two unharmed
cycles: the same prompts, each answered twice by different texts of its section. Both on the metric's scale,
turned so that negative is worse, the standard deviation not below one step of the metric's count.

    python -m tests.benchmarks.which_sees [--nulls 200] [--draws 20]
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

import metrics as package
from metrics import stats
from metrics.core import METRICS, Metric
from metrics.embed import embed
from metrics.features import Reference
from metrics.injecting import INJECTIONS, Answers, Injection
from metrics.sample import Sample
from tests.benchmarks.population import Ints, Judged, Population

RESULTS = Path(package.__file__).parent / "which_sees.csv"
N, M, SEED = 3000, 2700, 11
NULLS, DRAWS = 200, 20
STRENGTHS = (0.05, 0.10, 0.30)
SEVERAL = "several outputs of a prompt"
HEALTH = "Health of the eval itself: no narrowing is planted in what it counts."


@dataclass(frozen=True)
class Cycle:
    """The answers of one unharmed cycle: by prompt its section, the row that answers, and rows left over."""

    section: Ints
    source: Ints
    again: Ints
    spare: Ints


class World:
    """The population as answers, whole and cut; row `size + i` is row i cut to half its words."""

    def __init__(self) -> None:
        self.people = Population()
        self.size = self.people.size
        self.comparison = self.people.comparison(M)
        self.reference: Reference = self.people.reference(self.comparison)
        words = self.people.rows["text"].str.split()
        cut = [" ".join(each[: (len(each) + 1) // 2]) for each in words]
        whole, codes = self.people.judged[0], self.people.coder
        pairs = codes.encode(pd.DataFrame({"text": cut, "section": self.people.rows["section"]}))
        halved = Judged.by(codes.encode(self.people.trained), pairs, codes)
        self.text = np.concatenate([self.people.rows["text"].to_numpy(object), np.array(cut, object)])
        self.vectors = np.concatenate([self.people.vectors, embed(cut)])
        self.evidence = np.concatenate([whole.evidence, halved.evidence])
        self.named, self.chance = whole.named, whole.chance

    def cycle(self, rng: np.random.Generator) -> Cycle:
        """Prompts, and for each two different texts of its section."""
        place = np.sort(self.people.sections[rng.choice(self.size, N, replace=False)])
        parts: list[list[Ints]] = [[], [], []]
        for section, count in zip(*np.unique(place, return_counts=True), strict=True):
            rows = rng.permutation(np.flatnonzero(self.people.sections == section))
            for kept, part in zip(parts, np.split(rows, [count, 2 * count]), strict=True):
                kept.append(part)
        return Cycle(place, *(np.concatenate(part) for part in parts))

    def sample(self, section: Ints, source: Ints, in_pairs: bool) -> Sample:
        """The sample of these answers, one or two a prompt."""
        row, names = source % self.size, np.array(self.people.coder.sections, object)
        asked = np.arange(N) // 2 if in_pairs else np.arange(N)
        frame = pd.DataFrame(
            {
                "example_id": [f"p{i:04}" for i in asked],
                "output": self.text[source],
                "embedding": list(self.vectors[source]),
                "label": names[section],
                "prediction": names[self.named[row]],
                "score": self.chance[row, section],
                "verified": self.named[row] == section,
                "logprob": self.evidence[source],
                "weight": 1.0,
            }
        )
        return Sample(frame, self.comparison, reference=lambda: self.reference)

    def answers(self, cycle: Cycle) -> Answers:
        """An unharmed cycle and its spare texts, as the product's injections take them."""
        beside = (self.comparison.tail, self.comparison.mass, self.people.modes)
        spare = self._rows(self.people.sections[cycle.spare], cycle.spare)
        return Answers(self._rows(cycle.section, cycle.source), spare, *beside)

    def _rows(self, section: Ints, source: Ints) -> pd.DataFrame:
        """Answers to prompts of these sections; `source` goes where the text goes."""
        names = np.array(self.people.coder.sections, object)
        return pd.DataFrame(
            {
                "example_id": [f"p{i // 2:04}" for i in range(len(source))],
                "label": names[section],
                "prediction": names[self.named[source % self.size]],
                "output": self.text[source],
                "embedding": list(self.vectors[source]),
                "source": source,
            }
        )

    def planted(self, answers: Answers, one: Injection, share: float, rng: np.random.Generator) -> Ints:
        """The rows that answer once a narrowing is planted in a share of the answers."""
        found = one.inject(answers, share, rng)
        source = found["source"].to_numpy(np.int64)
        return np.where(found["output"].to_numpy(object) == self.text[source], source, source + self.size)


Planted = tuple[str, float]
Readings = Mapping[str, tuple[float, float]]
KINDS: Mapping[str, Injection] = {one.label.lower(): one for one in INJECTIONS.all().values()}


def readings(world: World, catalog: Sequence[Metric], section: Ints, source: Ints) -> Readings:
    """Each metric's value on its scale, turned so that less is worse, and one step of its count there."""
    samples = {several: world.sample(section, source, several) for several in (False, True)}
    found = {}
    for metric in catalog:
        reading = metric.compute(samples[SEVERAL in metric.needs])
        sign = -1.0 if metric.healthy == "low" else 1.0
        step = stats.step_on_scale(reading.value, reading.step, metric.scale)
        found[metric.name] = sign * float(stats.transform(reading.value, metric.scale)), step
    return found


def study(nulls: int, draws: int) -> pd.DataFrame:
    """The table, one row for each metric, kind and strength."""
    world = World()
    catalog = [m for m in METRICS.all().values() if m.family != "health"]
    pairs: list[tuple[Readings, Readings]] = []
    moved: dict[Planted, list[tuple[Readings, Readings]]] = {(k, s): [] for k in KINDS for s in STRENGTHS}
    for seed in range(max(nulls, draws)):
        rng = np.random.default_rng([SEED, seed])
        cycle = world.cycle(rng)
        whole = readings(world, catalog, cycle.section, cycle.source)
        if seed < nulls:
            pairs.append((whole, readings(world, catalog, cycle.section, cycle.again)))
        answers = world.answers(cycle)
        for (kind, share), found in moved.items() if seed < draws else ():
            source = world.planted(answers, KINDS[kind], share, rng)
            found.append((whole, readings(world, catalog, cycle.section, source)))
    return pd.DataFrame([row for metric in catalog for row in rows(metric, pairs, moved)] + left_out())


def rows(
    metric: Metric,
    pairs: Sequence[tuple[Readings, Readings]],
    moved: Mapping[Planted, Sequence[tuple[Readings, Readings]]],
) -> list[dict[str, object]]:
    """What is written of one metric."""

    def changes(found: Sequence[tuple[Readings, Readings]]) -> npt.NDArray[np.float64]:
        return np.array([after[metric.name][0] - before[metric.name][0] for before, after in found])

    step = float(np.mean([before[metric.name][1] for before, _ in pairs]))
    deviation = max(float(changes(pairs).std(ddof=1)), step)
    facts = {"metric": metric.name, "version": metric.version, "nulls": len(pairs), "n": N}
    return [
        {
            **facts,
            "narrowing": kind,
            "strength": share,
            "shift": changes(found).mean() / deviation,
            "draws": len(found),
        }
        for (kind, share), found in moved.items()
    ]


def left_out() -> list[dict[str, object]]:
    """The metrics that the study is not for, and why."""
    health = [m for m in METRICS.all().values() if m.family == "health"]
    return [{"metric": m.name, "version": m.version, "why": HEALTH} for m in health]


def main() -> None:
    """Print the table and store it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--nulls", type=int, default=NULLS)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--dry", action="store_true", help="print, and store nothing")
    asked = parser.parse_args()
    with threadpool_limits(1, "blas"):
        table = study(asked.nulls, asked.draws)
    known = table[table["narrowing"].notna()]
    wide = known.pivot(index="metric", columns=["narrowing", "strength"], values="shift")
    print(wide.to_string(float_format=lambda x: f"{x:.1f}"))
    if not asked.dry:
        columns = ["metric", "narrowing", "strength", "shift", "version", "draws", "nulls", "n", "why"]
        table = table.astype(dict.fromkeys(("version", "draws", "nulls", "n"), "Int64"))
        table["shift"] = table["shift"].round(2) + 0.0
        table[columns].sort_values(columns[:3]).to_csv(RESULTS, index=False)


if __name__ == "__main__":
    main()
