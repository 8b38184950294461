"""Means of the last cycles against the baseline: a candidate for the product's next rule."""

from __future__ import annotations

from tests.benchmarks.lead_time.contenders import On, Series, contender
from tests.benchmarks.lead_time.moves import Moves, moves

METRIC_LINE, INDEX_LINE = -3.3, -2.4
QUIET, QUIET_TOGETHER, QUIET_CYCLES = -2.0, -0.5, 2
# The first verdict comes with the second cycle after the baseline.
FIRST = 2


@contender("windows", "Windows", knows_borders=True)
def alarms(series: Series, on: On = "voters") -> list[int]:
    """The mean of the last 2, 3, 5 or 8 cycles lies 3.3 normal movements under the baseline, or all 2.4.

    The lines were set on seeds 0 to 79 of `synopses`. Normal movement is the paired jackknife error and the
    noise between retrainings, learned only from the cycles before the window, so that a fall does not hide
    itself. Noise that is carried over from cycle to cycle widens it (steps over two cycles vary more than
    steps over one), and so does a wander about a straight line. It is over when two cycles running are quiet:
    no metric 2 normal movements low, and all together on average not .5. It knows borders. On mean score it
    is the same rule.
    """
    standings, said = series.history.standings, list[int]()
    whole = [t for (_, part), t in sorted(series.history.trends.items(), key=str) if part is None]
    wanted = [t for t in whole if (t.metric.name == "mean_score" if on == "score" else t.metric.votes)]
    state: dict[int, tuple[bool, int]] = {}
    for i, standing in enumerate(standings):
        mine = [j for j in range(i + 1) if standings[j].segment == standing.segment]
        base = [j for j in mine if standings[j].cycle in standing.baseline]
        after = [j for j in mine if base and j > max(base)]
        if not standing.complete or len(after) < FIRST:
            continue
        found = moves(wanted, [*base, *after], len(base))
        before = state.get(standing.segment, (False, 0))
        state[standing.segment] = before if found is None else _step(found, *before)
        said += [standing.cycle] if state[standing.segment][0] else []
    return said


def _step(found: Moves, alarm: bool, quiet: int) -> tuple[bool, int]:
    """Take in the last cycle: on at a line, off after quiet cycles."""
    end = found.d.shape[1] - 1
    z, together = found.low(end)
    low, last = bool(z.min() <= METRIC_LINE or together <= INDEX_LINE), found.last(end)
    calm = not low and last.min() > QUIET and last.mean() > QUIET_TOGETHER
    quiet = quiet + 1 if calm else 0
    return low or (alarm and quiet < QUIET_CYCLES), quiet
