"""Sending an ingest to a running server instead of a store on this machine."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metrics.core import TailwatchError

ROUTE = "/api/v1/ingest"


def send(url: str, token: str, path: str | Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """Send one file to the server at `url`; returns its report: stored, unchanged, rejected, verdicts, notes.

    The file is streamed, never held in memory. Raises TailwatchError with the server's own sentence where it
    refuses, or with what went wrong on the way.
    """
    path = Path(path)
    if not path.is_file():
        raise TailwatchError(f"There is no file '{path}'.", do="Check the path.")
    if not url.startswith(("http://", "https://")):
        raise TailwatchError("TAILWATCH_URL is an http or https address;", f"got '{url}'.")
    query = urllib.parse.urlencode({"name": path.name, "options": json.dumps(dict(options))})
    with path.open("rb") as body:
        request = urllib.request.Request(f"{url.rstrip('/')}{ROUTE}?{query}", data=body, method="POST")
        request.add_header("Authorization", f"Bearer {token}")
        request.add_header("Content-Length", str(path.stat().st_size))
        request.add_header("Content-Type", "application/octet-stream")
        return _answer(request, url)


def _answer(request: urllib.request.Request, url: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(request) as response:
            return _parsed(response.read(), url)
    except urllib.error.HTTPError as error:
        with contextlib.closing(error):
            said = _parsed(error.read(), url).get("error", f"it answered {error.code}.")
        raise TailwatchError(str(said)) from None
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise TailwatchError(f"The server at {url} cannot be reached: {reason}.", do="Is it running?") from None


def _parsed(body: bytes, url: str) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        raise TailwatchError(f"What answers at {url} is no Tailwatch server.") from None
    return answer if isinstance(answer, dict) else {}
