"""Starting the app: a process of its own, so that the core never imports a screen."""

from __future__ import annotations

import errno
import importlib.util
import os
import socket
import sys
from pathlib import Path

from metrics.commands import Options, open_store
from metrics.core import TailwatchError
from metrics.printing import show_progress


def demo(options: Options) -> int:
    """Load the sample data, start the app."""
    from metrics import demo as sample

    store = open_store(options, must_exist=False)
    print("Loading eval outputs of four really retrained models ...", file=sys.stderr)
    sample.load(store, show_progress)
    files = ", ".join(str(f) for f in sample.next_files())
    print(f"The next cycles of 'creep' wait to be uploaded: {files}", file=sys.stderr)
    return serve(options)


def serve(options: Options) -> int:
    """Become the app: a process of its own, in the foreground."""
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
