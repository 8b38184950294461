"""The built wheel, installed into an empty environment, runs the demo."""

import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder of programs of an environment that holds the wheel and what it asks for, nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(words, check=True, capture_output=True)
    wheel = next(folder.glob("*.whl"))
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "-c", str(ROOT / "constraints.txt"), str(wheel)]
    subprocess.run(pip, check=True, capture_output=True, cwd=folder)
    return python.parent


def healthy(address):
    """Whether the app answers within a minute of being started."""
    end, pause = time.monotonic() + 60, threading.Event()
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address) as answer:
                return answer.read() == b"ok"
        except OSError:
            pause.wait(0.1)
    return False


def test_the_wheel_runs_the_demo(installed, tmp_path):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "TAILWATCH"))}
    words = [str(installed / "tailwatch"), "demo", "--db", str(tmp_path / "demo.duckdb"), "--port", "8731"]
    with subprocess.Popen(words, env=env, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as app:
        try:
            address = re.search(r"http://127\.0\.0\.1:\d+", app.stdout.readline())[0]
            assert healthy(f"{address}/_stcore/health")
        finally:
            app.kill()
    check = [
        str(installed / "tailwatch"),
        "check",
        "--lineage",
        "replace",
        "--db",
        str(tmp_path / "demo.duckdb"),
    ]
    done = subprocess.run(check, env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "narrowing since cycle" in done.stdout
