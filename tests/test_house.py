"""The house rules: floors, one place for SQL, no screen below the app, clean lint and types, short files."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
FILES = sorted(p for folder in ("metrics", "dashboard") for p in (REPO / folder).rglob("*.py"))


def ran(*command: str | Path) -> str:
    """The output of a command that must succeed."""
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def imported(path: Path) -> set[str]:
    """The top packages that a file imports anywhere, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize(
    "command",
    [("lint-imports", "--no-cache"), ("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)],
    ids=" ".join,
)
def test_is_clean(command: tuple[str, ...]):
    ran(BIN / command[0], *command[1:])


def test_no_exemptions():
    """Lint and type findings are mended, not silenced file by file."""
    assert not [p.name for p in FILES if "# ruff: noqa" in p.read_text() or "# mypy: ignore" in p.read_text()]


def test_only_the_store_imports_duckdb():
    assert {p.parent.name for p in FILES if "duckdb" in imported(p)} == {"store"}


def test_charts_do_not_import_a_screen():
    assert not [p.name for p in (REPO / "dashboard/charts").glob("*.py") if "streamlit" in imported(p)]


def test_metrics_loads_no_screen():
    """At run time: every module of metrics imported, and neither streamlit nor plotly came with it."""
    script = (
        "import importlib, pkgutil, sys, metrics\n"
        "names = [m.name for m in pkgutil.walk_packages(metrics.__path__, 'metrics.')]\n"
        "for name in names: name.endswith('__main__') or importlib.import_module(name)\n"
        "print(len([m for m in sys.modules if m.startswith('metrics.')]))\n"
        "print([m for m in ('streamlit', 'plotly') if m in sys.modules])"
    )
    count, screens = ran(sys.executable, "-c", script).splitlines()
    assert int(count) > 30
    assert screens == "[]"


def test_importing_the_package_costs_nothing():
    script = "import sys, metrics; print([m for m in ('pandas', 'numpy', 'duckdb') if m in sys.modules])"
    assert ran(sys.executable, "-c", script).strip() == "[]"


def test_every_public_name_is_there():
    script = "import metrics\nfor name in metrics.__all__: assert getattr(metrics, name) is not None"
    ran(sys.executable, "-c", script)


def test_files_are_short():
    lengths = {str(p.relative_to(REPO)): len(p.read_text(encoding="utf-8").splitlines()) for p in FILES}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_no_module_of_the_app_is_called_metrics():
    """`streamlit run` puts dashboard/ first on sys.path, where a metrics.py would hide the package."""
    assert not list((REPO / "dashboard").rglob("metrics.py"))


def test_this_file_can_fail(tmp_path: Path):
    """The scan sees an import inside a function, and a failing command is noticed."""
    hidden = tmp_path / "hidden.py"
    hidden.write_text("def f():\n    import duckdb.typing\n    from streamlit import write\n")
    assert imported(hidden) == {"duckdb", "streamlit"}
    with pytest.raises(AssertionError):
        ran(sys.executable, "-c", "raise SystemExit(1)")
