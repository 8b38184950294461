"""The door for pipelines: a token, one file, the same gate, the same sentences."""

import json
import threading

import pandas as pd
import pytest
import uvicorn
from starlette.applications import Starlette

from dashboard.server import ROUTES
from metrics import Store, TailwatchError, demo
from metrics.cli import main
from metrics.remote import send


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A running server on a store of its own; yields its address."""
    monkeypatch.setenv("TAILWATCH_DB", str(tmp_path / "server.duckdb"))
    monkeypatch.setenv("TAILWATCH_TOKEN", "secret")
    config = uvicorn.Config(Starlette(routes=ROUTES), port=0, log_level="error", ws="none")
    running = uvicorn.Server(config)
    listening = config.bind_socket()
    # A socket that listens queues who comes before the server is ready.
    listening.listen()
    thread = threading.Thread(target=running.run, args=([listening],))
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    running.should_exit = True
    thread.join()


@pytest.fixture
def cycle(tmp_path):
    """One real cycle as a file."""
    frame = pd.read_parquet(demo.folder() / "replace.parquet").drop(columns="slice.role")
    frame[frame["cycle"] == 0].to_parquet(tmp_path / "cycle.parquet")
    return tmp_path / "cycle.parquet"


def test_an_ingest_goes_to_the_server_and_says_the_same(server, cycle, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TAILWATCH_URL", server)
    assert main(["ingest", str(cycle), "--checkpoint", "v0"]) == 0
    there = capsys.readouterr()
    assert Store(tmp_path / "server.duckdb").cycles("replace")["checkpoint"].tolist() == ["v0"]
    monkeypatch.delenv("TAILWATCH_URL")
    assert main(["ingest", str(cycle), "--checkpoint", "v0", "--db", str(tmp_path / "here.duckdb")]) == 0
    assert capsys.readouterr() == there


def test_metric_values_go_to_the_server_too(server, tmp_path):
    path = tmp_path / "values.csv"
    path.write_text("lineage,cycle,name,value,stderr,n\nL,0,bleu,30,1,500\nL,0,bleu,x,1,500\n")
    done = send(server, "secret", path, {"mapping": {"metric": "name"}})
    assert done["stored"] == [{"lineage": "L", "written": [0], "unchanged": []}]
    assert done["rejected"] == {"its value is not a number ('x')": 1}
    assert Store(tmp_path / "server.duckdb").aggregates("L")["value"].tolist() == [30.0]


def test_without_the_token_nothing_is_stored(server, cycle, tmp_path):
    with pytest.raises(TailwatchError, match="without its token"):
        send(server, "guess", cycle, {})
    assert not (tmp_path / "server.duckdb").exists()


def test_a_server_without_a_token_takes_nothing(server, cycle, monkeypatch):
    monkeypatch.setenv("TAILWATCH_TOKEN", "")
    with pytest.raises(TailwatchError, match="without its token"):
        send(server, "", cycle, {})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cycle": "3"}, "wrong kind"),
        ({"replace": 1}, "wrong kind"),
        ({"mapping": {"score": 3}}, "texts by name"),
        ({"db": "/etc/passwd"}, "cannot be read"),
        ({"cycle": 7}, "carry their own"),
    ],
)
def test_odd_options_get_a_sentence(server, cycle, options, said):
    with pytest.raises(TailwatchError, match=said):
        send(server, "secret", cycle, options)


def test_several_files_are_refused_before_any_is_sent(server, cycle, tmp_path, monkeypatch, capsys):
    """Sent one by one, two halves of a cycle would be stored as half a cycle."""
    monkeypatch.setenv("TAILWATCH_URL", server)
    assert main(["ingest", str(cycle), str(cycle)]) == 2
    assert "one file at a time" in capsys.readouterr().err
    assert not (tmp_path / "server.duckdb").exists()


@pytest.mark.parametrize("url", ["http://127.0.0.1:abc", "http://[", "http://a b"])
def test_an_odd_address_or_token_is_a_sentence(cycle, url):
    for token in ("x", "x\ny", "\udcff"):
        with pytest.raises(TailwatchError):
            send(url, token, cycle, {})


def test_a_name_with_a_path_leads_nowhere(server, tmp_path):
    (tmp_path / "x.csv").write_text("example_id,output\n" + "\n".join(f"e{i},t{i}" for i in range(30)))
    answer = send(server, "secret", tmp_path / "x.csv", {"lineage": "../../up", "cycle": 0})
    assert json.loads(json.dumps(answer))["stored"][0]["lineage"] == "../../up"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["server.duckdb", "server.duckdb.lock", "x.csv"]


def test_nobody_there_is_a_sentence(cycle):
    with pytest.raises(TailwatchError, match="out of reach"):
        send("http://127.0.0.1:9", "secret", cycle, {})
    with pytest.raises(TailwatchError, match="http or https"):
        send("file:///etc", "secret", cycle, {})
