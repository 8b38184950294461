"""How many threads matrix products may use: on small ones they wait for one another longer than they work."""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager
from typing import Any

from threadpoolctl import ThreadpoolController


@functools.cache
def _controller() -> Any:
    # Looking through the loaded libraries takes longer than a small product: it is done once.
    return ThreadpoolController()


def single(when: bool = True) -> AbstractContextManager[Any]:
    """Within this context matrix products use one thread, where `when` says so."""
    context: AbstractContextManager[Any] = _controller().limit(limits=1 if when else None, user_api="blas")
    return context
