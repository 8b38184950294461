"""What the compiled metrics share."""

import numpy as np
import pytest

from metrics import scanning
from metrics.kernels import checked, kernel
from metrics.text import PICTOGRAPHS, UNSPACED


def test_without_a_folder_to_write_to():
    """Code that comes from no file cannot be kept on disk; it is compiled all the same."""
    space: dict = {"kernel": kernel}
    exec(compile("@kernel\ndef twice(x):\n    return 2 * x\n", "<nowhere>", "exec"), space)
    assert space["twice"](21) == 42
    assert space["twice"].signatures


def test_any_layout_becomes_one():
    """Read-only, strided or of another type: a kernel sees one kind of array and compiles once."""
    tokens = np.arange(8, dtype=np.uint64)[::2]
    starts = np.array([0, 2, 4], np.int32)
    starts.flags.writeable = False
    for array in checked(tokens, starts, np.array([0, 1], np.int8)):
        assert array.flags.c_contiguous
        assert array.flags.writeable
        assert array.itemsize == 8


@pytest.mark.parametrize(
    ("starts", "group", "sentence"),
    [
        ([0, 2], [0, 1], "2 texts need 3 starts, found 2"),
        ([0, 3], [0], "A text has 3 words: cut texts to 2"),
        ([0, 2], [0], "from 0 to the number of words, 3"),
        ([1, 3], [0], "from 0 to the number of words, 3"),
        ([0, 4, 3], [0, 0], "from 0 to the number of words, 3"),
        ([0, 2, 3], [0, 20], "Groups are 0 to 19, found 0 to 20"),
        ([0, 2, 3], [-1, 0], "Groups are 0 to 19, found -1 to 0"),
    ],
)
def test_what_does_not_fit_together(starts: list[int], group: list[int], sentence: str):
    with pytest.raises(ValueError, match=sentence):
        checked(np.zeros(3, np.uint64), np.array(starts), np.array(group), longest=2)


def test_a_shorter_table_of_characters_says_the_same():
    """Which one is used hangs on the other texts of a column: a text has to read the same in any."""
    (kind, lower), *shorter = (
        scanning.tables(UNSPACED, PICTOGRAPHS, most) for _, most in scanning.REACH[::-1]
    )
    for (_, most), (own_kind, own_lower) in zip(scanning.REACH[-2::-1], shorter, strict=True):
        assert np.array_equal(own_kind[:most], kind[:most])
        assert np.array_equal(own_lower[:most], lower[:most])
