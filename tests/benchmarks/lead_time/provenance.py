"""Names for what code does, so that what it made is known to be its own: no commit, no date, no machine."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from metrics.core import RULES
from tests.benchmarks.lead_time.contenders import CONTENDERS

Code = ModuleType | type | Callable[..., Any]
OWN = ("metrics.", "tests.benchmarks.lead_time.")
# What places and measures cycles and keeps their values is named by the series: a rule only reads them.
BELOW = ("metrics.comparability", "metrics.comparison", "metrics.store")


def code(thing: Code) -> str:
    """What a piece of code does, however it is laid out and described."""
    tree = ast.parse(inspect.getsource(thing))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:]
    return ast.dump(tree)


def digest(parts: list[str]) -> str:
    """A short name for some texts."""
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


@functools.cache
def contender(name: str) -> str:
    """The name of what a contender does: its own code and all that it stands on.

    One that asks the product's rules stands on every built-in one.
    """
    own = sys.modules[CONTENDERS.get(name).alarms.__module__]
    roots = [own]
    if hasattr(own, "RULES"):
        roots += [sys.modules[r.evaluate.__module__] for r in RULES.all().values() if r.builtin]
    return digest([f"{m.__name__} {code(m)}" for m in closure(roots)])


def closure(roots: list[ModuleType]) -> list[ModuleType]:
    """The modules of the rules that are imported from these, and those themselves, in order of name."""
    found: dict[str, ModuleType] = {}
    todo = list(roots)
    while todo:
        module = todo.pop()
        if module.__name__ not in found:
            found[module.__name__] = module
            todo += imported(module)
    return [found[name] for name in sorted(found)]


def imported(module: ModuleType) -> Iterator[ModuleType]:
    """The modules that a module imports from, of those that are looked into."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                # What is imported from a module may be a module itself, or a name in it.
                if name.startswith(OWN) and not name.startswith(BELOW) and name in sys.modules:
                    yield sys.modules[name]
