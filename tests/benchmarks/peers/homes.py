"""The virtual environments of the peers, under `.bench/peers/<name>`, made on first use."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

from tests.benchmarks.peers.facts import Peer

HOMES = Path(__file__).parents[3] / ".bench" / "peers"
INSTALL_LIMIT = 900.0


class NotThere(Exception):
    """A peer that cannot be installed, and why."""


def python(peer: Peer) -> Path:
    """The interpreter that has the peer installed; installs it where its pins have changed."""
    if not peer.pins:
        return Path(sys.executable)
    home = HOMES / peer.name
    stamp, pins = home / "pins.txt", "\n".join(peer.pins)
    if not stamp.exists() or stamp.read_text() != pins:
        _check(peer)
        venv.create(home, clear=True, with_pip=True)
        _install(home, peer.requires)
        _install(home, peer.alone, "--no-deps")
        stamp.write_text(pins)
    return home / "bin" / "python"


def _check(peer: Peer) -> None:
    missing = [program for program in peer.needs if shutil.which(program) is None]
    if missing:
        raise NotThere(
            f"needs {', '.join(missing)} on the path (Debian: apt-get install {' '.join(missing)})"
        )


def _install(home: Path, pins: tuple[str, ...], *options: str) -> None:
    if not pins:
        return
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    try:
        done = subprocess.run(
            [*pip, *options, *pins], capture_output=True, text=True, timeout=INSTALL_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotThere(f"pip took longer than {INSTALL_LIMIT:g} s to install {' '.join(pins)}") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "error" in line.lower()] or ["no message"]
        raise NotThere(f"pip could not install {' '.join(pins)}: {said[-1].strip()}")
