"""Which cycles are compared with which baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.baselines import REFERENCE, Choice, first, lent
from metrics.comparability import Conditions, Control, place
from metrics.core import Standing
from metrics.lengthening import Wording
from metrics.marks import Marks
from metrics.traits import Traits


def asked(cycle: int, prompts: Sequence[int] | range = range(500), **facts: Any) -> Conditions:
    return Conditions(cycle, np.array(sorted(prompts), np.int64), **facts)


def standings(cycles: Sequence[Conditions], choice: Choice | None = None) -> list[Standing]:
    return [p.standing for p in place(cycles, choice)]


USUAL = [asked(c) for c in range(20)]


def eras(found: Sequence[Standing]) -> list[tuple[int, tuple[int, ...]]]:
    return [(s.segment, s.baseline) for s in found]


# How many prompts are shared


def test_below_four_fifths_of_its_prompts_nothing_is_compared():
    """79 and 81 % of the prompts of cycle 5 are those of the baseline, the others are new."""
    odd = standings([*USUAL[:5], asked(5, [*range(395), *range(1000, 1105)])])[5]
    even = standings([*USUAL[:5], asked(5, [*range(405), *range(1000, 1095)])])[5]
    assert (odd.segment, odd.note) == (5, "only 79% of its prompts are those of cycle 0")
    assert (even.segment, even.shared) == (0, 0.81)


def test_prompts_left_out_are_compared_by_the_others():
    """300 of the baseline's 500, none of them new: what is left is compared, and how much is noted."""
    found = standings([*USUAL[:5], asked(5, range(300))])
    assert (found[5].segment, found[5].shared) == (0, 0.6)


def test_a_partial_cycle_takes_no_part_in_the_baseline():
    """Cycle 1 asked 300 of 500 prompts; in the baseline it would take the others from all."""
    found = standings([asked(0), asked(1, range(300)), *USUAL[2:8]])
    assert {s.baseline for s in found} == {(0, 2, 3, 4)}
    assert [s.shared for s in found] == [1.0, 0.6, *[1.0] * 6]


def test_nor_where_it_came_first():
    found = standings([asked(0, range(300)), *USUAL[1:8]])
    assert {s.baseline for s in found} == {(1, 2, 3, 4)}


@given(st.lists(st.integers(1, 500), min_size=1, max_size=12))
def test_a_baseline_that_stands_is_frozen(sizes: list[int]):
    """Whatever comes later: cycles of any size, the baseline of an earlier one is the same."""
    cycles = [asked(c, range(size)) for c, size in enumerate(sizes)]
    frozen: dict[int, tuple[int, ...]] = {}
    for count in range(1, len(cycles) + 1):
        now = [s for s in standings(cycles[:count]) if s.complete]
        assert {s.segment: s.baseline for s in now}.items() >= frozen.items()
        frozen |= {s.segment: s.baseline for s in now}


def test_a_cycle_is_compared_with_the_baseline_not_with_an_odd_first_cycle():
    """Cycle 0 asked a hundred prompts, which cycle 5 left out; it has all others of the baseline."""
    found = standings([asked(0, range(100)), *USUAL[1:5], asked(5, range(100, 500))])
    assert [s.segment for s in found] == [0] * 6


# What was declared, and what the outputs tell


def test_a_fact_declared_late_counts_from_then_on():
    """Nobody said anything of decoding before cycle 3; cycle 5 says something else than cycle 3."""
    said = {3: "temperature=0.7", 4: "temperature=0.7", 5: "temperature=0.9"}
    found = standings([asked(c, decoding=said.get(c)) for c in range(6)])
    assert [s.segment for s in found] == [0] * 5 + [5]
    assert found[5].note == "its decoding is temperature=0.9, that of cycle 3 is temperature=0.7"


def test_what_is_declared_counts_however_it_is_written():
    """Order, blanks and zeros say nothing; another number, another name and a further setting do."""
    first, same = "temperature=1,top_p=0.9", " top_p=.90, temperature=1.0 "
    for other in ("temperature=1", "temperature=1,top_k=0.9", "temperature=1,top_p=0.95", "greedy"):
        said = dict(enumerate([first, first, first, first, same, other]))
        notes = [s.note for s in standings([asked(c, decoding=said[c]) for c in range(6)])]
        assert notes[:5] == [None] * 5
        assert str(notes[5]).startswith(f"its decoding is {other}, that of ")


def test_what_the_outputs_tell_counts_too():
    found = standings([asked(c, traits=Traits(samples=1 + (c == 4))) for c in range(6)])
    assert [s.segment for s in found] == [0] * 4 + [4, 0]
    assert found[4].note == "it has 2 outputs of a prompt, cycle 0 has 1"


def marks(n: int = 500, labels: int = 0, weights: int = 0, **facts: Any) -> Marks:
    """Labels 1 and weights 1, but for the first few prompts, whose label is 2 and weight 3."""
    label = np.where(np.arange(n) < labels, 2, 1).astype(np.uint64)
    return Marks(np.arange(n), label, np.where(np.arange(n) < weights, 3.0, 1.0), **facts)


@pytest.mark.parametrize(("other", "n"), [(10, 500), (11, 500), (1, 60), (2, 60)])
def test_one_label_in_fifty_may_change(other: int, n: int):
    cycles = [asked(c, range(n), marks=marks(n, labels=other * (c == 4))) for c in range(5)]
    note = standings(cycles)[4].note
    said = f"{other} of the {n} labelled prompts that it shares with cycle 0 have another label there"
    assert note == (said if other > n / 50 else None)


def test_weights_may_move_a_twentieth_of_the_mass():
    """w of 500 prompts weigh 3 and not 1: w / 500 of the mass becomes 3 w / (500 + 2 w)."""
    for w in (10, 13, 14, 20):
        cycles = [asked(c, marks=marks(weights=w * (c == 4))) for c in range(5)]
        moved = 3 * w / (500 + 2 * w) - w / 500
        assert (standings(cycles)[4].note is None) == (moved <= 0.05)


def test_labels_that_were_never_firm_are_no_marks_of_prompts():
    """Some evals draw what they ask anew under the same names; one cycle alone shows nothing either."""
    drawn = [asked(c, marks=marks(labels=100 * c)) for c in range(5)]
    assert {s.note for s in standings(drawn)} == {None}
    again = [asked(c, marks=marks(labels=100 * (c > 1))) for c in range(5)]
    assert [s.segment for s in standings(again)] == [0, 0, 2, 2, 2]


def test_marks_that_nobody_gave_tell_nothing():
    """No label on either side, no marks at all, other prompts: nothing to compare."""
    blank = replace(marks(), labels=np.zeros(500, np.uint64))
    for odd in (
        blank,
        None,
        replace(marks(), prompts=np.arange(1000, 1500), labels=marks(labels=500).labels),
    ):
        assert standings([asked(c, marks=odd if c == 4 else marks()) for c in range(5)])[4].note is None


def test_prompts_that_lost_their_words_are_said_to_have():
    """The same names without words are other prompts, but "only 0% are those" would mislead."""
    bare = asked(4, range(1000, 1500), marks=marks(worded=False))
    found = standings([*(asked(c, marks=marks()) for c in range(4)), bare])[4].note
    assert found == (
        "its prompts have no texts, those of cycle 0 have: give the column 'prompt' always or never"
    )


def test_one_cycle_alone_does_not_show_that_vectors_are_firm():
    """Of pictures, say, each cycle has vectors of its own for the same texts."""
    seen = [dict.fromkeys(range(5), [float(c)] * 4) for c in range(4)]
    found = standings([asked(c, traits=Traits(vectors=seen[c])) for c in range(4)])
    assert {s.segment for s in found} == {0}


def worded(cycle: int, words: float) -> Conditions:
    return asked(cycle, traits=Traits(wording=Wording(words, {500: 0.4})))


def test_longer_outputs_begin_anew_and_shorter_ones_return():
    """12 words, 18 from cycle 5 to 8, and 12 again: the later ones are compared with the first."""
    lengths = [*[12.0] * 5, *[18.0] * 4, *[12.0] * 3]
    found = standings([worded(c, words) for c, words in enumerate(lengths)])
    assert [s.segment for s in found] == [*[0] * 5, *[5] * 4, *[0] * 3]
    longer = "its outputs are longer, 18 words on average instead of 12 in cycle 0, and no poorer in words"
    assert found[5].note == longer


def test_outputs_that_grow_short_begin_nothing():
    found = standings([worded(c, words) for c, words in enumerate([18.0] * 5 + [9.0] * 5)])
    assert {s.segment for s in found} == {0}


def test_outputs_that_grow_cycle_by_cycle_stay_compared():
    """From 12 to 19 words within six cycles, none a fourth longer than the last."""
    found = standings([worded(c, 12.0 * 1.1 ** max(0, c - 4)) for c in range(10)])
    assert {s.segment for s in found} == {0}
    control = Control("C", (tuple(worded(c, 12.0) for c in range(-4, 0)),))
    grown = place([worded(c, 12.0 * 1.1**c) for c in range(6)], control=control)
    assert all(p.standing.complete for p in grown)


# Baselines that a person chose


def test_so_many_first_cycles():
    found = standings(USUAL, first(6))
    assert {s.baseline for s in found} == {tuple(range(6))}
    assert [s.wanted for s in standings(USUAL[:2], first(6))] == [6, 6]
    assert not any(s.complete for s in standings(USUAL[:5], first(6)))


def test_a_set_that_begins_early_takes_the_place_of_the_first_cycles():
    assert set(eras(standings(USUAL, Choice().then([1, 2, 3])))) == {(0, (1, 2, 3))}


def test_a_later_set_succeeds_the_first_one():
    """What was judged by cycles 0 to 3 stays so; from cycle 8 on cycles 8 to 11 are normal."""
    found = standings(USUAL, Choice().then([8, 9, 10, 11]))
    assert eras(found) == [(0, (0, 1, 2, 3))] * 8 + [(8, (8, 9, 10, 11))] * 12
    assert not any(s.opens_segment for s in found)


def test_a_third_succeeds_both_or_takes_the_place_of_the_second():
    second = Choice().then([8, 9, 10, 11])
    third = eras(standings(USUAL, second.then([15, 16, 17])))
    assert [segment for segment, _ in third] == [0] * 8 + [8] * 7 + [15] * 5
    other = eras(standings(USUAL, second.then([10, 11, 12])))
    assert [segment for segment, _ in other] == [0] * 10 + [10] * 10
    assert eras(standings(USUAL, second.then([0, 1, 2]))) == [(0, (0, 1, 2))] * 20


def test_after_a_change_the_first_cycles_count_again():
    """A chosen set lies in the segment that it was chosen in."""
    cycles = [*USUAL[:10], *(asked(c, range(1000, 1500)) for c in range(10, 20))]
    found = standings(cycles, Choice().then([1, 2, 3]))
    assert eras(found) == [(0, (1, 2, 3))] * 10 + [(10, (10, 11, 12, 13))] * 10


def test_a_set_of_which_cycles_were_deleted_is_no_baseline():
    left = [c for c in USUAL if c.cycle not in (8, 9)]
    assert not standings(left, Choice().then([8, 9, 10, 11]))[-1].complete


# A control lineage, or human texts


def test_a_control_lends_its_baseline():
    """Its cycles come first, under numbers below 0, and every own cycle is compared from the first on."""
    base = tuple(replace(asked(c), cycle=lent(c), name=f"cycle {c} of 'B'") for c in range(4))
    odd = asked(3, range(1000, 1500))
    found = [p.standing for p in place([*USUAL[:3], odd], None, Control("B", (base,)))]
    lends = tuple(lent(c) for c in range(4))
    assert [s.cycle for s in found] == [*lends, 0, 1, 2, 3]
    assert {s.baseline for s in found[:7]} == {lends}
    assert all(s.complete and s.cycle > max(s.baseline) for s in found[4:7])
    assert found[7].opens_segment
    assert found[7].note == "only 0% of its prompts are those of cycle 0 of 'B'"


def test_a_control_without_a_cycle_is_nothing_to_compare_with():
    found = [p.standing for p in place(USUAL[:2], None, Control("B"))]
    assert all(s.opens_segment for s in found)
    assert "'B'" in str(found[0].note)


def test_human_texts_wait_for_the_noise_of_retraining():
    """They never retrain, so that the first four cycles have to say how much that moves."""
    placed = place(USUAL[:6], Choice(reference=True))
    assert {p.standing.baseline for p in placed} == {(REFERENCE,)}
    assert {p.frozen for p in placed} == {(0, 1, 2, 3)}
    assert [p.standing.complete for p in placed] == [False] * 4 + [True] * 2
