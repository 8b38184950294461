"""The command line: parses, runs one command of metrics/commands, turns every end into an exit code."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version

from metrics.asking import COMMANDS, Command
from metrics.core import TailwatchError
from metrics.printing import safe_line

EPILOG = """\
examples:
  tailwatch demo                                     look around with real sample data
  tailwatch ingest cycle7.jsonl --lineage support --cycle 7 --mix human=20000,generative=80000
  tailwatch check --lineage support                  exit code 1 if it is narrowing: stop the pipeline
  tailwatch serve                                    open the dashboard

exit codes: 0 fine, 1 an alert at or above --fail-on, 2 bad input or usage

environment: TAILWATCH_DB names the store. TAILWATCH_URL sends an ingest to a running server instead;
TAILWATCH_TOKEN is its password, set where the server runs and where the files are sent from.
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line, with the help that teaches it."""
    top = argparse.ArgumentParser(
        prog="tailwatch",
        description="Sees a retrained model narrowing, cycle by cycle, before its mean quality drops.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"tailwatch {version('tailwatch')}")
    sub = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for one in sorted(COMMANDS.all().values(), key=lambda c: c.place):
        _add(sub.add_parser(one.name, help=one.help, description=one.help), one)
    return top


def _add(p: argparse.ArgumentParser, one: Command) -> None:
    p.add_argument(
        "--db",
        default=os.environ.get("TAILWATCH_DB", one.db),
        metavar="F",
        help=f"store file (default: TAILWATCH_DB, else {one.db})",
    )
    if one.lineage is not None:
        needed = one.lineage == "required"
        p.add_argument("--lineage", required=needed, metavar="L", help="name of the model line")
    one.arguments(p)
    p.set_defaults(run=one.run)


@contextlib.contextmanager
def _calm() -> Iterator[None]:
    """A reader that goes away early, such as `head`, is no error of ours."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _storable(word: str) -> str:
    """A word of the command line without bytes that are not UTF-8, which no store or screen can hold."""
    return word.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _failed(why: str) -> int:
    """Say what is wrong; names out of files and stores stand in it, which are untrusted text."""
    print(safe_line(f"tailwatch: {why}"), file=sys.stderr)
    return 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = [_storable(word) for word in (sys.argv[1:] if argv is None else argv)]
    options = parser().parse_args(words)
    try:
        with _calm():
            return int(options.run(options))
    except TailwatchError as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(f"{error.filename or 'The system'}: {error.strerror or error}.")
    except Exception as error:
        if os.environ.get("TAILWATCH_DEBUG"):
            raise
        kind = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        return _failed(f"This should not have happened ({kind}). TAILWATCH_DEBUG=1 shows where.")
    except KeyboardInterrupt:
        return _failed("stopped; `tailwatch refresh` goes on where it was.")


if __name__ == "__main__":
    sys.exit(main())
