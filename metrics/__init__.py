"""Tailwatch without a screen: ingest eval outputs, measure them, judge the trend.

>>> import metrics
>>> sorted(metrics.__all__)[:4]
['METRICS', 'READERS', 'RULES', 'Reading']

Names are loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "Store": "metrics.store",
    "ingest": "metrics.pipeline",
    "reference": "metrics.pipeline",
    "refresh": "metrics.pipeline",
    "check": "metrics.pipeline",
    "choose_baseline": "metrics.pipeline",
    "metric": "metrics.core",
    "reader": "metrics.core",
    "rule": "metrics.core",
    "Reading": "metrics.core",
    "TailwatchError": "metrics.core",
    "METRICS": "metrics.core",
    "READERS": "metrics.core",
    "RULES": "metrics.core",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'metrics' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOME[name]), name)
