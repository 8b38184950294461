"""A verdict as text, JSON or JUnit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from metrics.baselines import Choice
from metrics.core import SEVERITIES
from metrics.printing import safe_line

Result = Mapping[str, Any]


def as_json(result: Result) -> str:
    """The verdict as outside scripts read it."""
    return json.dumps(result, indent=1, allow_nan=False)


def way_back(result: Result, choice: Choice) -> tuple[str, str] | None:
    """Where to go back to, what it is and which: the last healthy cycle, else the baseline that was chosen.

    None where that is another lineage's, or human texts: then there is no cycle to go back to.
    """
    if result["last_healthy_cycle"] is not None:
        return "", f"cycle {result['last_healthy_cycle']}"
    return None if choice.like is not None or choice.reference else ("its baseline, ", choice.words)


def as_text(result: Result, choice: Choice) -> str:
    """The verdict as a person reads it."""
    lines = [f"{result['lineage']}, cycle {result['cycle']}: {result['status']}", f"  {result['message']}"]
    narrows = result["status"] in SEVERITIES
    if narrows or result["last_healthy_cycle"] is not None:
        lines.append(f"  Last healthy: {''.join(way_back(result, choice) or ('none so far',))}.")
    lines += [
        f"  Alert ({a['severity']}, raised at cycle {a['cycle']}): {a['metric'] or 'several metrics'}"
        + (f" of {a['slice']}" if a["slice"] else "")
        for a in result["alerts"]
    ]
    shown = " ".join(f"{h['cycle']}:{h['status']}" for h in result["history"])
    return "\n".join(safe_line(line) for line in [*lines, f"  History: {shown}"])


def failing(result: Result, line: str) -> list[Mapping[str, Any]]:
    """The alerts that fail a pipeline: those of this severity or a worse one."""
    return [a for a in result["alerts"] if SEVERITIES.index(a["severity"]) >= SEVERITIES.index(line)]


def as_junit(result: Result, line: str) -> str:
    """The verdict as one test case per alert from this severity on, or one that passes, for a test page."""
    alerts = failing(result, line)
    suite = ElementTree.Element(
        "testsuite", name="tailwatch", tests=str(max(1, len(alerts))), failures=str(len(alerts))
    )
    name = safe_line(f"{result['lineage']} cycle {result['cycle']}")
    for alert in alerts:
        case = ElementTree.SubElement(suite, "testcase", classname=name, name=safe_line(alert["rule"]))
        failure = ElementTree.SubElement(case, "failure", message=safe_line(alert["message"]))
        failure.text = safe_line(alert["message"])
    if not alerts:
        ElementTree.SubElement(suite, "testcase", classname=name, name=result["status"])
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)
