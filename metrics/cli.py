"""The command line: parses, calls one function, prints. Heavy imports wait until a command needs them."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from metrics import commands, launch
from metrics.core import TailwatchError

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
    for add in (_demo, _serve, _ingest, _reference, _refresh, _baseline, _cycles, _metrics, _check, _alerts):
        add(sub)
    for add in (_rules, _catalog, _export):
        add(sub)
    return top


if TYPE_CHECKING:
    Sub = argparse._SubParsersAction[argparse.ArgumentParser]


def _command(
    sub: Sub, name: str, run: Callable[[argparse.Namespace], int], text: str, lineage: bool | None = None
) -> argparse.ArgumentParser:
    p = sub.add_parser(name, help=text, description=text)
    usual = "tailwatch-demo.duckdb" if name == "demo" else "tailwatch.duckdb"
    default = os.environ.get("TAILWATCH_DB", usual)
    p.add_argument(
        "--db", default=default, metavar="F", help=f"store file (default: TAILWATCH_DB, else {usual})"
    )
    if lineage is not None:
        p.add_argument("--lineage", required=lineage, metavar="L", help="name of the model line")
    p.set_defaults(run=run)
    return p


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, got '{text}'")
    return int(text)


def _host(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("a host is an address, such as 127.0.0.1")
    return text


def _address(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--host", type=_host, default="127.0.0.1", help="where to listen (default: this machine only)"
    )
    p.add_argument("--port", type=_port, default=8501, help="port (default 8501)")


def _files(p: argparse.ArgumentParser) -> None:
    p.add_argument("files", nargs="+", metavar="FILE", help="CSV, TSV, JSONL or Parquet; .gz and .zst too")
    p.add_argument("--format", metavar="NAME", help="reader, where the ending does not tell")
    p.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help="the column that holds a field: example_id, output, prediction, label, score, slice.NAME ...",
    )


def _demo(sub: Sub) -> None:
    p = _command(sub, "demo", launch.demo, "load the sample data into a store of its own and start the app")
    _address(p)


def _serve(sub: Sub) -> None:
    _address(_command(sub, "serve", launch.serve, "start the app on a store"))


def _ingest(sub: Sub) -> None:
    p = _command(sub, "ingest", commands.ingest, "store eval outputs, measure and judge them", lineage=False)
    _files(p)
    p.add_argument("--cycle", type=int, metavar="N", help="retraining cycle, where the rows do not say")
    p.add_argument("--score", metavar="NAME", help="the column to take as score")
    p.add_argument("--mix", metavar="KIND=COUNT,...", help="training mix: human=20000,generative=80000")
    p.add_argument("--checkpoint", metavar="ID", help="the model that wrote the outputs")
    p.add_argument("--parent", type=int, metavar="N", help="the cycle it was trained from")
    p.add_argument("--decoding", metavar="K=V,...", help="sampling settings: temperature=0.7,top_p=0.9")
    p.add_argument("--replace", action="store_true", help="put a cycle in the place of one that is there")


def _reference(sub: Sub) -> None:
    _files(_command(sub, "reference", commands.reference, "pin the human reference set", lineage=True))


def _refresh(sub: Sub) -> None:
    _command(sub, "refresh", commands.refresh, "compute what is missing; heals a store after a crash", False)


def _baseline(sub: Sub) -> None:
    text = "pin the cycles that count as normal (default: the first four)"
    p = _command(sub, "baseline", commands.baseline, text, lineage=True)
    p.add_argument(
        "--cycles", metavar="A-B", help="such as 0-3 or 2,3,5; leave away to go back to the first four"
    )
    p.add_argument("--note", default="", help="why")


def _cycles(sub: Sub) -> None:
    p = _command(sub, "cycles", commands.cycles, "list, rename or delete cycles", lineage=True)
    what = p.add_mutually_exclusive_group()
    what.add_argument("--rename", metavar="N=LABEL", help="give a cycle a label")
    what.add_argument("--delete", type=int, metavar="N", help="delete a cycle")


def _metrics(sub: Sub) -> None:
    p = _command(sub, "metrics", commands.metrics, "print every metric value", lineage=True)
    p.add_argument("--format", choices=("table", "json", "csv"), default="table")
    size_help = (
        "only the metrics that count types (distinct_1 ...), as M of each cycle's outputs would give them"
    )
    p.add_argument("--size", type=int, metavar="M", help=size_help)


def _check(sub: Sub) -> None:
    p = _command(sub, "check", commands.check, "print the verdict; exit code 1 on an alert", lineage=True)
    p.add_argument("--cycle", type=int, metavar="N", help="the verdict after this cycle (default: the last)")
    p.add_argument("--format", choices=("text", "json", "junit"), default="text")
    p.add_argument(
        "--fail-on",
        choices=("watch", "narrowing", "collapse"),
        default="narrowing",
        help="the least severity that gives exit code 1 (default: narrowing)",
    )


def _alerts(sub: Sub) -> None:
    p = _command(sub, "alerts", commands.alerts, "list alerts, or acknowledge one", lineage=False)
    p.add_argument("--format", choices=("table", "json", "csv"), default="table")
    p.add_argument("--acknowledge", metavar="ID", help="note that a person has seen this alert")
    p.add_argument("--note", default="", help="a word with the acknowledgement")


def _rules(sub: Sub) -> None:
    p = _command(sub, "rules", commands.rules, "list, add or delete rules of your own", lineage=False)
    p.add_argument("--add", metavar="METRIC", help="a rule on this metric, with the options below")
    p.add_argument("--slice", metavar="NAME=VALUE", help="on one slice (default: the whole)")
    p.add_argument(
        "--statistic",
        choices=("value", "pct_baseline", "pct_previous", "z"),
        default="value",
        help="what is compared: the value, %% of baseline, %% of the cycle before, z (default: value)",
    )
    line = p.add_mutually_exclusive_group()
    line.add_argument("--above", type=float, metavar="X", help="fires above this line")
    line.add_argument("--below", type=float, metavar="X", help="fires below this line")
    p.add_argument("--for-cycles", type=int, default=1, metavar="N", help="so many cycles in a row")
    p.add_argument(
        "--severity",
        choices=("watch", "narrowing", "collapse"),
        default="watch",
        help="what it raises (default: watch)",
    )
    p.add_argument(
        "--evidence",
        choices=("point", "interval"),
        default="point",
        help="the value, or its whole 95 %% interval, beyond the line (default: point)",
    )
    p.add_argument("--delete", metavar="ID", help="delete a rule")


def _catalog(sub: Sub) -> None:
    p = _command(sub, "catalog", commands.catalog, "what is measured, and how")
    p.add_argument("metric", nargs="?", help="one metric, with its documentation")


def _export(sub: Sub) -> None:
    p = _command(
        sub, "export", commands.export, "write values, verdicts and alerts as CSV files", lineage=False
    )
    p.add_argument("--to", default=".", metavar="FOLDER", help="folder to write to (default: here)")


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


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = [_storable(word) for word in (sys.argv[1:] if argv is None else argv)]
    options = parser().parse_args(words)
    try:
        with _calm():
            return int(options.run(options))
    except TailwatchError as error:
        print(f"tailwatch: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"tailwatch: {error.filename or 'The system'}: {error.strerror or error}.", file=sys.stderr)
        return 2
    except Exception as error:
        if os.environ.get("TAILWATCH_DEBUG"):
            raise
        kind = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        print(f"tailwatch: This should not have happened ({kind}).", end=" ", file=sys.stderr)
        print("TAILWATCH_DEBUG=1 shows where.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("tailwatch: stopped; `tailwatch refresh` goes on where it was.", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
