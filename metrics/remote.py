"""Sending an ingest to a running server instead of a store on this machine."""

from __future__ import annotations

import contextlib
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from metrics.core import TailwatchError
from metrics.fields import clean

ROUTE = "/api/v1/ingest"


def send(url: str, token: str, path: str | Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """Send one file to the server at `url`; returns its report: stored, unchanged, rejected, verdicts, notes.

    The file is streamed, never held in memory. Raises TailwatchError with the server's own sentence where it
    refuses, or with what went wrong on the way.
    """
    path = Path(path)
    if not path.is_file():
        raise TailwatchError(f"There is no file '{path}'.", do="Check the path.")
    _check_address(url)
    address = f"{url.rstrip('/')}{ROUTE}"
    size, limit = path.stat().st_size, _answer(_request(address, token), url).get("max_bytes", 0)
    if size > limit:
        raise TailwatchError(
            f"'{path.name}' has {size:,} bytes;",
            f"the server takes {limit:,}.",
            "Pack it with gzip, or split it.",
        )
    query = urllib.parse.urlencode({"name": clean(path.name), "options": json.dumps(dict(options))})
    with path.open("rb") as body:
        request = _request(f"{address}?{query}", token, body)
        request.add_header("Content-Length", str(size))
        request.add_header("Content-Type", "application/octet-stream")
        return _answer(request, url)


def _check_address(url: str) -> None:
    try:
        parts = urllib.parse.urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        raise TailwatchError("TAILWATCH_URL is an http or https address;", f"got '{url}'.")


def _request(address: str, token: str, body: BinaryIO | None = None) -> urllib.request.Request:
    method = "GET" if body is None else "POST"
    # A header travels as Latin-1: any token gets through as the bytes it has.
    headers = {"Authorization": f"Bearer {token}".encode("utf-8", "replace").decode("latin-1")}
    return urllib.request.Request(address, data=body, headers=headers, method=method)


def _answer(request: urllib.request.Request, url: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(request) as response:
            return _parsed(response.read(), url)
    except urllib.error.HTTPError as error:
        with contextlib.closing(error):
            said = _parsed(error.read(), url).get("error", f"it answered {error.code}.")
        raise TailwatchError(str(said)) from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise TailwatchError(f"The server at {url} is out of reach: {reason}.", do="Is it running?") from None


def _parsed(body: bytes, url: str) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        raise TailwatchError(f"What answers at {url} is no Tailwatch server.") from None
    return answer if isinstance(answer, dict) else {}
