"""evidently: its default drift test of every column; the value is how many have drifted, and which.

The reference is the second set. The test is picked by the number of its rows and of different values.
`places` is the sum of the columns' numbers.
"""

from collections.abc import Callable
from typing import Any

TAKES = "two vectors"
REQUIRES = ("evidently==0.7.23", "numpy==2.4.6", "pandas==2.3.3", "scikit-learn==1.9.1", "scipy==1.17.1")


def prepare(data: Any, reference: Any) -> Callable[[], dict[str, float]]:
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    names = [str(i) for i in range(data.shape[1])]
    definition = DataDefinition(numerical_columns=names)
    both = [Dataset.from_pandas(pd.DataFrame(x, columns=names), definition) for x in (data, reference)]

    def call() -> dict[str, float]:
        report = Report([ValueDrift(column=name) for name in names], include_tests=True)
        tests = report.run(*both).dict()["tests"]
        found = [i for i, test in enumerate(tests) if test["status"] == "FAIL"]
        return {"drifted": len(found), "places": sum(found)}

    return call
