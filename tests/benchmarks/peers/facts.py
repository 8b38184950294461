"""What each file in `catalog/` declares. A peer is a file with these names at its top level:

- the docstring: the first line says what is measured, the rest what to know about the package;
- `TAKES`: `texts` (list of str), `vectors` (float array, n x d), `two vectors` (data and reference), `counts`
  (int array) or `labels` (list of (truth, prediction));
- `REQUIRES`: pinned packages to install; without any, the peer runs in the Python at hand;
- `ALONE`: pinned packages to install without what they depend on (optional);
- `NEEDS`: programs that must be on the path (optional);
- `MOST`: the number of rows beyond which it is not tried (optional);
- `prepare(data, **options)`: imports the package and returns the call to time, a function without arguments.

The file is read from two sides: here for its facts, and inside its own environment, where nothing of this
project is installed. So it imports the package within `prepare`, and at its top the standard library alone.
"""

import runpy
from dataclasses import dataclass
from pathlib import Path

CATALOG = Path(__file__).parent / "catalog"


@dataclass(frozen=True)
class Peer:
    """One package, as its file declares it."""

    name: str
    what: str
    takes: str
    requires: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    most: int | None = None

    @property
    def pins(self) -> tuple[str, ...]:
        """Everything that is installed by name."""
        return self.alone + self.requires


def names() -> list[str]:
    """The peers, by the name of their file."""
    return sorted(path.stem for path in CATALOG.glob("[!_]*.py"))


def peer(name: str) -> Peer:
    """The facts of one peer."""
    if name not in names():
        raise ValueError(f"There is no peer {name!r}; there are {', '.join(names())}.")
    given = runpy.run_path(str(CATALOG / f"{name}.py"))
    return Peer(
        name=name,
        what=given["__doc__"].strip().splitlines()[0],
        takes=given["TAKES"],
        requires=given.get("REQUIRES", ()),
        alone=given.get("ALONE", ()),
        needs=given.get("NEEDS", ()),
        most=given.get("MOST"),
    )
