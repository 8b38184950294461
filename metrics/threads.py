"""How many threads may work: on small things they wait for one another longer than they work."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from threadpoolctl import ThreadpoolController

# Compiled loops take 10 to 50 ns for each byte, key or code, so that so many are 2 to 10 ms of work. To start
# two threads and wait for them costs .1 ms, on a busy machine 1 or 2: a slice of 50 outputs is done in less.
WORTH_TWO = 200_000

Map = Callable[..., Iterable[Any]]


@functools.cache
def _controller() -> Any:
    # Looking through the loaded libraries takes longer than a small product: it is done once.
    return ThreadpoolController()


def single(when: bool = True) -> AbstractContextManager[Any]:
    """Within this context matrix products use one thread, where `when` says so."""
    context: AbstractContextManager[Any] = _controller().limit(limits=1 if when else None, user_api="blas")
    return context


@contextmanager
def two(items: int) -> Iterator[Map]:
    """Within this context a `map` over two halves, by a thread each where they hold many items in all.

    >>> with two(6) as both:
    ...     list(both(sum, ([1, 2, 3], [4, 5, 6])))
    [6, 15]
    """
    if items < WORTH_TWO:
        yield map
        return
    with ThreadPoolExecutor(2) as pool:
        yield pool.map
