"""evidently: one report of two text descriptors, length and words; the value is the mean number of words.

It installs beside pandas 3 and then fails to import, hence the pin.
"""

from collections.abc import Callable

TAKES = "texts"
REQUIRES = ("evidently==0.7.23", "numpy==2.4.6", "pandas==2.3.3", "scikit-learn==1.9.1", "scipy==1.17.1")


def prepare(data: list[str]) -> Callable[[], float]:
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.descriptors import TextLength, WordCount
    from evidently.presets import TextEvals

    frame = pd.DataFrame({"text": data})

    def call() -> float:
        dataset = Dataset.from_pandas(
            frame,
            data_definition=DataDefinition(text_columns=["text"]),
            descriptors=[TextLength("text", alias="length"), WordCount("text", alias="words")],
        )
        report = Report([TextEvals()]).run(dataset, None).dict()
        found = {metric["metric_name"]: metric["value"] for metric in report["metrics"]}
        return found["MeanValue(column=words)"]

    return call
