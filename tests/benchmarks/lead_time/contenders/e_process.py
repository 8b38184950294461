"""An e-process: a bet against 'nothing has changed', whose stake rarely grows while that is true."""

import numpy as np

from metrics import stats
from tests.benchmarks.lead_time.contenders import On, Series, contender
from tests.benchmarks.lead_time.lines import ROUNDING, Floats, after, lines, where

ALPHA = 0.05
BETS = np.array([0.5, 1.0, 2.0])


def surprises(values: Floats, start: int, step: float = 0.0) -> Floats:
    """Each value's standardized distance from the mean of all before it, as a normal score; 0 before `start`.

    For independent normal values these are independent standard normal, whatever their mean and variance
    (Brown, Durbin and Evans 1975, made normal by Student). 1, 3 have the mean 2 and the SD 1.4142; then 0
    is -2 / (1.4142 * sqrt(1 + 1/2)) = -1.1547. At one degree of freedom .5 - atan(1.1547) / pi = .2272 of
    all ratios lie below, whose normal score is -.7481. No spread is less than one `step` of a count.

    >>> surprises(np.array([1.0, 3.0, 0.0]), 2).round(4).tolist()
    [0.0, 0.0, -0.7481]
    """
    z = np.zeros(len(values))
    for i in range(start, len(values)):
        past = values[:i][~np.isnan(values[:i])]
        if len(past) < 2 or np.isnan(values[i]):
            continue
        rounding = ROUNDING * max(float(np.abs(past).max()), 1.0)
        spread = max(float(np.std(past, ddof=1)), step, rounding)
        ratio = (values[i] - past.mean()) / (spread * (1 + 1 / len(past)) ** 0.5)
        z[i] = stats.t_corrected(ratio, len(past) - 1)
    return z


def wealth(z: Floats, start: int) -> Floats:
    """The stake after each value, mixed over how far it may have fallen and over when the fall began.

    From j on, a bet on a fall by b multiplies its stake by exp(-b z - b^2 / 2). The j-th start has the
    weight 1 / (j (j + 1)); what is not begun yet keeps its stake. One value of -3, mixed over b: (3.955 +
    12.182 + 54.598) / 3 = 23.578 for half of the stake, and the other half still lies there.

    >>> wealth(np.array([-3.0]), 0).round(3).tolist()
    [12.289]
    """
    grown, idle = np.zeros(len(BETS)), 1.0
    stake = np.ones(len(z))
    for i in range(start, len(z)):
        began = i - start + 1
        weight = 1 / (began * (began + 1))
        idle -= weight
        grown = (grown + weight / len(BETS)) * np.exp(-BETS * z[i] - BETS**2 / 2)
        stake[i] = grown.sum() + idle
    return stake


@contender("e_process", "E-process, alpha .05")
def alarms(series: Series, on: On = "voters") -> list[int]:
    """The stake, averaged over the metrics, has grown to 1 / .05.

    Shin, Ramdas and Rinaldo, E-detectors (2022), mixed over the time of the change; the mixture over bets
    as in Waudby-Smith and Ramdas (2024); the mean over metrics needs no independence (Vovk and Wang 2021).
    By Ville's inequality at most 5 % of healthy series ever alarm, however long, where the noise of the
    cycles is independent and normal. A slow fall moves its own past along and earns nothing. The alarm is
    on while the stake is above the line. It knows no borders.
    """
    start = after(series).start
    each = [wealth(surprises(line.values, start, line.step), start) for line in lines(series, on)]
    mean = np.mean(each, axis=0) if each else np.zeros(start)
    return where(series, lambda i: bool(i < len(mean) and mean[i] >= 1 / ALPHA))
