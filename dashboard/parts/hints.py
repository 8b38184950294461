"""What the core advises, as the app says it: the core speaks of its command line, which nobody sees here."""

from __future__ import annotations

import re

from metrics.core import TailwatchError

_FLAG = re.compile(r"(?<![\w-])--[a-z]|`tailwatch")
# The first that a hint names decides: where a cycle is there already, `--replace` says more than `--cycle`.
_HERE = {
    "--replace": "Tick 'Replace the cycle' under 'More about this cycle', or give another cycle.",
    "--map": "Choose its column under 'Which column is what'.",
    "--score": "Choose the column of 'score' under 'Which column is what'.",
    "--note": "If so, say why in the note.",
    "--lineage": "Name it under 'Where it belongs'.",
    "--cycle": "Give it under 'Where it belongs'.",
    "--format": "Give the file the ending of what it is.",
    "--db": "Whoever starts the app names another store in TAILWATCH_DB.",
}


def what_to_do(hint: str) -> str:
    """A hint without the command line: what does the same here, else what is left of it.

    >>> what_to_do("Give it with --cycle N."), what_to_do("Split it. Or use --with L.")
    ("Give it under 'Where it belongs'.", 'Split it.')
    """
    if not _FLAG.search(hint):
        return hint
    known = next((words for flag, words in _HERE.items() if re.search(rf"{flag}(?![\w-])", hint)), None)
    if known is not None:
        return known
    return " ".join(part for part in re.split(r"(?<=\.)\s+", hint) if not _FLAG.search(part))


def sentence(error: TailwatchError) -> str:
    """What is wrong, what was found, and what to do here."""
    return " ".join(f"{error.wrong} {error.found} {what_to_do(error.do)}".split())
