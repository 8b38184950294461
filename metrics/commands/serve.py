"""`tailwatch serve`: the app is a process of its own, so that the core never imports a screen."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

from metrics.asking import Options, address, command, open_store
from metrics.core import TailwatchError


@command("serve", "start the app on a store", place=20, arguments=address)
def serve(options: Options) -> int:
    """Become the app: a process of its own, in the foreground."""
    import importlib.util

    if importlib.util.find_spec("dashboard") is None:
        raise TailwatchError("The dashboard is not installed.", do="Install the package again.")
    port = _free_port(options.host, options.port)
    os.environ["TAILWATCH_DB"] = str(Path(options.db).resolve())
    open_store(options, must_exist=False)
    print(f"Tailwatch is at http://{options.host}:{port}   (Ctrl-C stops it)", flush=True)
    # -P: a folder called dashboard where the user stands is not ours. The rest is set beside the app.
    words = [sys.executable, "-P", "-m", "dashboard"]
    words += [f"--server.address={options.host}", f"--server.port={port}"]
    os.execv(sys.executable, words)


def _free_port(host: str, wanted: int) -> int:
    import socket

    for port in range(wanted, wanted + 20):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise TailwatchError(f"'{host}' cannot be listened on:", f"{error.strerror}.") from None
                continue
            return port
    raise TailwatchError(f"Ports {wanted} to {wanted + 19} are all taken.", do="Give another with --port.")
