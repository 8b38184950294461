"""What measuring a lineage reads from the store, and what its cycles are compared under."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from metrics import comparability, comparison, human, modes, phrasings, stats, text
from metrics.baselines import REFERENCE, Choice, lent
from metrics.comparability import Control, Placed
from metrics.comparison import Comparison
from metrics.embed import encoder_name
from metrics.features import Reference, vectors_of
from metrics.store import LineageState, Store

# Rows of small cycles that are read in one go, and rows of frames that are kept.
READ_AHEAD, KEPT_ROWS = 20_000, 400_000
REFERENCE_ROWS, MODE_ROWS = 4_000, 10_000
# What of the outputs measuring looks at; prompts and metadata can be many times as large.
MEASURED = (
    *("lineage", "cycle", "example_id", "output", "label", "prediction", "finish_reason", "error", "score"),
    *("seed", "logprob", "weight", "embedding", "verified", "actions", "slices", "example_key"),
)


class Source:
    """What measuring a lineage needs from the store, read once; frames of cycles are read when asked for."""

    def __init__(self, store: Store, lineage: str, choice: Choice | None = None) -> None:
        self.store, self.name, self.choice = store, lineage, choice or Choice()
        self.digests = store.digests(lineage)
        self.conditions = store.conditions(lineage)
        self.pinned = store.reference(lineage)
        self.counts = store.output_counts(lineage)
        self.aggregates = store.aggregates(lineage)
        self.control = control(store, self.choice.like) if self.choice.like is not None else None
        if self.control is not None:
            self._borrow(self.control.name)
        self._frames: dict[int, pd.DataFrame] = {}
        self._references: dict[tuple[object, ...], Reference | None] = {}

    def _borrow(self, name: str) -> None:
        """What measuring the cycles that the control lends needs beside their outputs."""
        self.digests |= {lent(c): content for c, content in self.store.digests(name).items()}
        theirs = self.store.aggregates(name)
        if len(theirs):
            theirs = theirs.assign(cycle=theirs["cycle"].map(lent))
            self.aggregates = pd.concat([self.aggregates, theirs]) if len(self.aggregates) else theirs

    def placed(self) -> list[Placed]:
        """How every cycle stands, those that a control lends included."""
        return comparability.place(self.conditions, self.choice, self.control)

    def contents(self, cycles: Iterable[int]) -> str:
        """What names the reference where it is the baseline itself: other outputs are another reference."""
        # A cycle that came in this very moment has no digest here: then nothing of this plan is kept.
        found = repr([self.digests.get(c) for c in cycles])
        return hashlib.blake2b(found.encode(), digest_size=8).hexdigest()

    def frame(self, cycle: int) -> pd.DataFrame:
        """The outputs frame of a cycle; small ones after it are read along, since they are wanted next.

        Of a cycle that the control lends, and of the human reference, what stands in for one.
        """
        if cycle == REFERENCE:
            return human.outputs(self.pinned)
        if cycle < 0 and cycle not in self._frames:
            assert self.control is not None
            found = self.store.outputs(self.control.name, [lent(cycle)], MEASURED)
            self._frames[cycle] = found.assign(cycle=cycle)
        if cycle not in self._frames:
            cycles = [c.cycle for c in self.conditions]
            wanted, rows = [cycle], self.counts.get(cycle, 0)
            for each in cycles[cycles.index(cycle) + 1 :]:
                rows += self.counts.get(each, 0)
                if rows > READ_AHEAD:
                    break
                wanted.append(each)
            self._forget(rows)
            found = self.store.outputs(self.name, wanted, MEASURED)
            for each in wanted:
                self._frames[each] = found[found["cycle"] == each].reset_index(drop=True)
        return self._frames[cycle]

    def _forget(self, rows: int) -> None:
        """Keep no more frames than memory has room for; the oldest go first."""
        while self._frames and rows + sum(map(len, self._frames.values())) > KEPT_ROWS:
            del self._frames[next(iter(self._frames))]

    def reference(self, cycle: int, under: Comparison, part: str | None) -> Callable[[], Reference | None]:
        """What a cycle, or a slice of it, is held against: read when it is first asked for."""
        others = [c for c in under.baseline if c != cycle]
        # A later cycle is measured against as many baseline cycles as a baseline cycle is against the others.
        others = [] if len(self.pinned) else others[-(len(under.baseline) - 1) :]
        # The human reference itself is held against its other half.
        pinned = human.half(self.pinned, second=True) if cycle == REFERENCE else self.pinned
        key = (tuple(others), len(pinned), part, under.key)

        def found() -> Reference | None:
            if key not in self._references:
                self._references[key] = self._made(pinned, others, under, part)
            return self._references[key]

        return found

    def _made(
        self, pinned: pd.DataFrame, others: list[int], under: Comparison, part: str | None
    ) -> Reference | None:
        def of(frame: pd.DataFrame) -> pd.DataFrame:
            return frame if part is None else frame[comparison.slice_mask(frame, part)]

        if len(pinned):
            rows = of(pinned)
        elif others:
            rows = pd.concat([of(self.frame(c)) for c in others], ignore_index=True)
            rows = rows[rows["example_key"].isin(under.cohort)]
        else:
            return None
        rows = _first(rows, REFERENCE_ROWS)
        seed = stats.seed(self.name, "reference")
        return Reference(rows, tail=under.tail, modes=under.modes, seed=seed) if len(rows) else None

    def whole(self, state: LineageState, placed: Placed, known: Mapping[str, str]) -> Comparison:
        """The comparison of a baseline: as frozen before, where nothing that it was made from has changed."""
        baseline, frozen = placed.standing.baseline, placed.frozen
        lends = [c for base in self.control.baselines for c in base] if self.control else []
        prompts = {c.cycle: c.prompts for c in (*lends, *self.conditions)}
        cohort = comparison.common([prompts[c] for c in frozen if len(prompts[c])])
        made_from = (baseline, self.contents(frozen), state.reference, encoder_name())
        # What was frozen in another way, such as by an older version, is frozen anew.
        origin = hashlib.blake2b(
            repr((*made_from, text.VERSION, phrasings.VERSION)).encode(), digest_size=8
        ).hexdigest()
        for facts in known.values():
            found = json.loads(facts)
            if found["source"] == origin and not found["narrower"]:
                return Comparison.from_json(facts, cohort)
        whole = self._freeze(state, {c: self.frame(c) for c in frozen}, origin)
        return whole if baseline == frozen else human.limited(whole, self.frame(REFERENCE))

    def _freeze(self, state: LineageState, frames: Mapping[int, pd.DataFrame], origin: str) -> Comparison:
        given = any(frame["embedding"].notna().any() for frame in frames.values())
        human = self.pinned if len(self.pinned) else None
        pooled = _first(pd.concat(list(frames.values())) if human is None else human, MODE_ROWS)
        vectors = vectors_of(pooled)
        names = pooled["output"].fillna(pooled["example_id"]).astype(str).tolist()
        found = None if vectors is None else modes.find(vectors, names, stats.seed(self.name, "modes"))
        return comparison.build(
            frames,
            encoder="given" if given else encoder_name(),
            reference=human,
            reference_name=state.reference or self.contents(frames),
            modes=found,
            source=origin,
        )


def control(store: Store, name: str) -> Control:
    """A lineage as control: its own baselines, those that are complete if any is, in order."""
    state = store.state(name)
    own = Choice.parse(state.baseline if state else None)
    known = store.conditions(name)
    placed = comparability.place(known, replace(own, like=None, reference=False))
    full = [p for p in placed if p.standing.complete]
    lends = {c.cycle: replace(c, cycle=lent(c.cycle), name=f"cycle {c.cycle} of '{name}'") for c in known}
    found = dict.fromkeys(p.standing.baseline for p in full or placed)
    return Control(name, tuple(tuple(lends[c] for c in base) for base in found), bool(full))


def _first(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """At most so many rows: those whose prompts come first by a hash of their ids."""
    if len(frame) > most:
        order = np.argsort(stats.hashed(frame["example_id"]), kind="stable")
        frame = frame.iloc[np.sort(order[:most])]
    return frame.reset_index(drop=True)
