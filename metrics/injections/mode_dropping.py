"""Mode dropping: the rarest kinds of output are no longer said."""

import numpy as np
import pandas as pd

from metrics.core import Undefined
from metrics.injecting import Answers, Random, injection, touched


@injection("mode_dropping", "Mode dropping")
def mode_dropping(answers: Answers, strength: float, rng: Random) -> pd.DataFrame:
    """Outputs of the rarest kinds give way to others of the same class. Predictions stay.

    The kinds are clusters of the reference's vectors.
    """
    mine, theirs = answers.mode
    rows = touched(-mine, strength, rng)
    left = (theirs >= 0) & (theirs < mine[rows].min(initial=len(mine)))
    if not left.any():
        raise Undefined("No other kind of output is left to answer with.")
    return answers.answered(rows, answers.alike(rows, np.asarray(left), rng))
