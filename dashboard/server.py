"""The address that pipelines send their outputs to: POST /api/v1/ingest beside the app.

Open only where TAILWATCH_TOKEN is set, and only to who knows it. A body is written to a file as it comes in,
never held in memory, and goes through the same gate as every other upload.
"""

from __future__ import annotations

import hmac
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from metrics import READERS, Store, TailwatchError, ingest
from metrics.pipeline import summary
from metrics.remote import ROUTE

MAX_BYTES = 1024**3
METHODS = ("GET", "HEAD", "POST")
TEXT_OPTIONS = ("lineage", "format")
OPTIONS = (*TEXT_OPTIONS, "cycle", "mapping", "facts", "replace")


def allowed(request: Request) -> bool:
    """Whether the request carries the server's token; without a token the door is shut."""
    token = os.environ.get("TAILWATCH_TOKEN", "")
    given = request.headers.get("authorization", "")
    return bool(token) and hmac.compare_digest(given.encode("latin-1", "replace"), f"Bearer {token}".encode())


async def receive(request: Request) -> Response:
    """Take one file in, store, measure and judge it, and answer with what was done.

    A GET asks only whether the token is right and how much may be sent.
    """
    if not allowed(request):
        return refusal("The server takes no upload without its token: set TAILWATCH_TOKEN at both ends.", 401)
    if request.method not in METHODS:
        return refusal("A file is sent with POST.", 405)
    if request.method != "POST":
        return JSONResponse({"max_bytes": MAX_BYTES})
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"upload{ending(request.query_params.get('name', ''))}"
            # All of the body is taken before anything is refused: who is still sending cannot listen.
            await written(request, path)
            options = checked(request.query_params.get("options", "{}"))
            return JSONResponse(await run_in_threadpool(stored, path, options))
    except TailwatchError as error:
        return refusal(str(error), 400)


def stored(path: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """Ingest one file; what was done, as the command line prints it."""
    store = Store(os.environ["TAILWATCH_DB"])
    return summary(store, ingest(store, [path], **options))


def ending(name: str) -> str:
    """The known ending of a file's name; nothing else of a stranger's name is used."""
    known = [s for reader in READERS.all().values() for s in reader.suffixes if name.lower().endswith(s)]
    return max(known, key=len, default="")


def refusal(sentence: str, status: int) -> JSONResponse:
    """An error as one sentence."""
    return JSONResponse({"error": sentence}, status_code=status)


async def written(request: Request, path: Path) -> None:
    """Write the body to a file, up to MAX_BYTES."""
    size = 0
    with path.open("wb") as file:
        async for part in request.stream():
            size += len(part)
            if size > MAX_BYTES:
                raise TailwatchError(f"The upload is larger than {MAX_BYTES // 1024**2} MiB.", do="Split it.")
            file.write(part)


def checked(text: str) -> dict[str, Any]:
    """The options of an ingest from their JSON, of known names and kinds."""
    try:
        options = json.loads(text)
    except (ValueError, RecursionError):
        options = None
    if not isinstance(options, dict) or set(options) - set(OPTIONS):
        raise TailwatchError("The upload's options cannot be read;", f"they are {', '.join(OPTIONS)}.")
    kinds: Mapping[str, type] = {**dict.fromkeys(TEXT_OPTIONS, str), "cycle": int, "replace": bool}
    for name, value in options.items():
        if name in kinds and value is not None and type(value) is not kinds[name]:
            raise TailwatchError(f"The upload's option {name} is of the wrong kind.")
        if name in ("mapping", "facts") and not _is_text_map(value):
            raise TailwatchError(f"The upload's option {name} does not give texts by name.")
    return options


def _is_text_map(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())


ROUTES = [Route(ROUTE, receive, methods=[*METHODS, "PUT", "PATCH", "DELETE"])]
