"""The built wheel, installed into an empty environment, runs the demo."""

import os
import re
import subprocess
import sys
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


def test_the_wheel_runs_the_demo(installed, tmp_path):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "TAILWATCH"))}
    words = [str(installed / "tailwatch"), "demo", "--db", str(tmp_path / "demo.duckdb"), "--port", "8731"]
    with subprocess.Popen(words, env=env, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as app:
        try:
            address = re.search(r"http://127\.0\.0\.1:\d+", app.stdout.readline())[0]
            for _ in app.stdout:
                # Streamlit prints its own address once it listens.
                if "URL" in _ or "http" in _:
                    break
            with urllib.request.urlopen(f"{address}/_stcore/health") as answer:
                assert answer.read() == b"ok"
        finally:
            app.kill()
    check = [str(installed / "tailwatch"), "check", "--db", str(tmp_path / "demo.duckdb"), "--lineage", "replace"]
    done = subprocess.run(check, env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "narrowing since cycle" in done.stdout
