"""On at the line, off when what was lost has come back: by hand, without any metric."""

from types import SimpleNamespace

import numpy as np

from metrics.alarms import Alarm
from metrics.runs import Joint

UNKNOWN = float("nan")


def alarm(
    *d: list[float],
    rings: dict[int, int],
    low: tuple[int, ...] = (0,),
    only: int | None = None,
) -> Alarm:
    """An alarm on metrics at these distances, of normal movement 1, that is over the line where it `rings`.

    `rings` gives the length of the lowest run at a cycle; cycles are numbered from 10.
    """
    count = len(d[0])
    strength = np.array([1.5 if at in rings else 0.2 for at in range(count)])
    run = np.array([rings.get(at, 2) for at in range(count)])
    panel = SimpleNamespace(
        cycles=SimpleNamespace(numbers=tuple(range(10, 10 + count))),
        courses=[SimpleNamespace(d=np.array(each)) for each in d],
        normals=[SimpleNamespace(deviation=np.ones(count)) for _ in d],
        low=lambda at, run: {i: -3.0 - i for i in low},
    )
    return Alarm(panel, Joint(strength, run), only=only)  # type: ignore[arg-type]


def on(made: Alarm) -> list[int | None]:
    """The cycle since when it is on, after each cycle."""
    found = []
    for at in range(len(made.joint.strength)):
        made.step(at)
        found.append(made.cycle)
    return found


def test_it_is_on_since_the_first_cycle_of_its_run():
    """A run of three rings at the fifth cycle: it began with the third."""
    assert on(alarm([0.0, 0.0, -9.0, -9.0, -9.0], rings={4: 3})) == [None] * 4 + [12]


def test_a_low_cycle_before_a_leap_is_not_its_beginning():
    """Of 20 lost in the third cycle the second had lost 1.9, under a tenth; 2 are a tenth."""
    assert on(alarm([0.0, -1.9, -20.0], rings={2: 2}))[-1] == 12
    assert on(alarm([0.0, -2.0, -20.0], rings={2: 2}))[-1] == 11


def test_it_goes_off_when_most_is_back_for_three_cycles():
    """Of -10, twice, -3.5 is 35 % still missing, three cycles running."""
    found = on(alarm([0.0, -10.0, -10.0, -3.5, -3.5, -3.5, 0.0], rings={2: 2}))
    assert found == [None, None, 11, 11, 11, None, None]


def test_it_stays_on_while_too_much_is_missing():
    """-3.6 of -10 is 36 %; and two good cycles with a bad one between them are not three."""
    assert on(alarm([0.0, -10.0, -10.0, *[-3.6] * 20], rings={2: 2}))[-1] == 11
    assert on(alarm([0.0, -10.0, -10.0, *[0.0, 0.0, -9.0] * 5], rings={2: 2}))[-1] == 11


def test_one_part_alone_is_over_on_the_average_of_three_cycles():
    """Of -10, twice: 6, 2 and 2.4 still missing are 34.7 % on average; of all together 6 is too much."""
    lost = [0.0, -10.0, -10.0, -6.0, -2.0, -2.4]
    assert on(alarm(lost, rings={2: 2}, only=0))[-2:] == [11, None]
    assert on(alarm([*lost[:-1], -2.6], rings={2: 2}, only=0))[-1] == 11
    assert on(alarm(lost, rings={2: 2}))[-1] == 11


def test_it_does_not_go_off_while_it_rings():
    assert on(alarm([0.0, -10.0, -10.0, 0.0, 0.0, 0.0], rings={2: 2, 5: 5}))[-1] == 11


def test_a_loss_that_goes_on_is_measured_by_its_depth():
    """-3 is back from -10; after a further fall to -30 so is -10, and -11 is not."""
    assert on(alarm([0.0, -10.0, -10.0, -30.0, -30.0, -10.0, -10.0, -10.0], rings={2: 2}))[-1] is None
    assert on(alarm([0.0, -10.0, -10.0, -30.0, -30.0, -11.0, -11.0, -11.0], rings={2: 2}))[-1] == 11


def test_one_outlier_does_not_make_the_rest_look_good():
    """One cycle at -100 counts with its neighbour: the mean of two is -63, of which -23 is 37 %."""
    assert on(alarm([0.0, -10.0, -10.0, -100.0, -23.0, -23.0, -23.0], rings={2: 2}))[-1] == 11


def test_it_rings_anew_after_it_was_off():
    d = [0.0, -10.0, -10.0, 0.0, 0.0, 0.0, 0.0, -10.0, -10.0]
    assert on(alarm(d, rings={2: 2, 8: 2})) == [None, None, 11, 11, 11, None, None, None, 17]


def test_what_was_lost_before_it_rang_anew_is_forgotten():
    """-30 of the first time says nothing of the second, in which -5 of -10 is missing."""
    d = [0.0, -30.0, -30.0, 0.0, 0.0, 0.0, 0.0, -10.0, -10.0, -5.0, -5.0, -5.0]
    assert on(alarm(d, rings={2: 2, 8: 2}))[-1] == 17


def test_what_joins_later_has_to_come_back_too():
    """The second metric is low too; both weigh alike: half of what was lost is missing."""
    back, lost = [0.0, -10.0, -10.0, 0.0, 0.0, 0.0], [0.0, -10.0, -10.0, -10.0, -10.0, -10.0]
    assert on(alarm(back, lost, rings={2: 2}, low=(0,)))[-1] is None
    assert on(alarm(back, lost, rings={2: 2}, low=(0, 1)))[-1] == 11


def test_what_is_unknown_is_not_back():
    assert on(alarm([0.0, -10.0, -10.0, *[UNKNOWN] * 5], rings={2: 2}))[-1] == 11
    other = alarm(
        [0.0, -10.0, -10.0, *[UNKNOWN] * 3], [0.0, -10.0, -10.0, 0.0, 0.0, 0.0], rings={2: 2}, low=(0, 1)
    )
    assert on(other)[-1] is None


def test_it_is_led_by_what_was_lowest_when_it_rang():
    made = alarm([0.0, -9.0, -9.0], [0.0, -9.0, -9.0], rings={2: 2}, low=(0, 1))
    on(made)
    assert (made.lead, made.low(2)) == (1, [1, 0])
    mine = alarm([0.0, -9.0, -9.0], [0.0, -9.0, -9.0], rings={2: 2}, low=(0, 1), only=0)
    on(mine)
    assert (mine.lead, mine.low(2)) == (0, [0])
