"""The things of one kind: one per file, found by looking in their folder."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Generic, Protocol, TypeVar

from metrics.errors import TailwatchError


class Named(Protocol):
    """Whatever has a name can be registered."""

    @property
    def name(self) -> str:
        """The stable name."""


T = TypeVar("T", bound=Named)


class Registry(Generic[T]):
    """The things of one kind, found by importing every module of their folder, in order of name."""

    def __init__(self, package: str) -> None:
        self.package = package
        self._found: dict[str, T] = {}
        self._looked = False

    def add(self, thing: T) -> None:
        """Register one thing; two of one name are a mistake in the folder."""
        if thing.name in self._found:
            raise TailwatchError(f"Two things in {self.package} are called '{thing.name}'.", do="Rename one.")
        self._found[thing.name] = thing

    def all(self) -> dict[str, T]:
        """Everything in the folder, by name."""
        if not self._looked:
            for module in pkgutil.iter_modules(importlib.import_module(self.package).__path__):
                importlib.import_module(f"{self.package}.{module.name}")
            self._looked = True
        return dict(sorted(self._found.items()))

    def get(self, name: str) -> T:
        """The thing of that name, or a sentence that lists what there is."""
        found = self.all()
        if name not in found:
            kind = self.package.rsplit(".", 1)[-1]
            raise TailwatchError(f"There is no '{name}' in the {kind}.", f"It has {', '.join(found)}.")
        return found[name]
