"""The table of which metric sees which narrowing, as it is read."""

from pathlib import Path

from metrics import seeing
from metrics.seeing import Shift, read


def test_rows_are_read(tmp_path: Path):
    file = tmp_path / "sees.csv"
    file.write_text("metric,narrowing,strength,shift,draws,n\ntail_recall,tail loss,0.1,-7.5,20,3000\n")
    assert read(file) == ([Shift("tail_recall", "tail loss", 0.1, -7.5, 20, 3000)], {})


def test_other_versions_and_metrics_that_are_gone_say_nothing(tmp_path: Path):
    file = tmp_path / "sees.csv"
    file.write_text(
        "metric,narrowing,strength,shift,version,draws,nulls,n,why\n"
        "tail_recall,tail loss,0.1,-7.5,99,20,200,3000,\n"
        "gone,tail loss,0.1,-7.5,1,20,200,3000,\n"
        "refusal_rate,,,,1,,,,It is health.\n"
    )
    assert read(file) == ([], {"refusal_rate": "It is health."})


def test_a_file_that_is_not_there_holds_nothing(tmp_path: Path):
    assert read(tmp_path / "none.csv") == ([], {})


def test_the_table_that_ships_is_read():
    shifts, left_out = seeing.study()
    assert not {s.metric for s in shifts} & set(left_out)
