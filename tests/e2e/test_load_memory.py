"""The memory that a load may take, as the command line and the server have it."""

import harness
import pytest


def digest(store) -> str:
    return harness.ok("graph", "list", "--data", store, "--format", "json").json()["graphs"][0]["digest"]


def test_a_load_in_the_least_memory_gives_the_same_graph(tmp_path, county):
    harness.load(tmp_path / "roomy", county(1))
    harness.load(tmp_path / "narrow", county(1), "--load-memory", "1M")
    assert digest(tmp_path / "narrow") == digest(tmp_path / "roomy")
    clean = harness.ok("check", "--data", tmp_path / "narrow", "--format", "json").json()
    assert clean["faults"] == []


@pytest.mark.parametrize("command", ["import", "serve"])
def test_less_than_the_least_is_refused_before_anything_is_made(tmp_path, county, command):
    more = ["--nodes", county(1) / "nodes.csv"] if command == "import" else ["--listen", "127.0.0.1:0"]
    ended = harness.call(command, "--data", tmp_path / "store", *more, "--load-memory", "1K")
    assert ended.code == harness.USAGE, ended
    assert "load_memory" in ended.err and "1048576" in ended.err
    assert not (tmp_path / "store").exists()


def test_a_server_takes_the_memory_of_a_load_from_its_settings(tmp_path, county):
    # A name takes about 50 bytes: half of 1 MiB holds some 10,000 of them, and no 30,000.
    nodes = tmp_path / "nodes.csv"
    nodes.write_text("id\n" + "".join(f"node {i}\n" for i in range(30000)))
    with harness.Server(tmp_path / "store", "--load-memory", "1M") as server:
        ended = harness.call("import", "--server", server.address, "--nodes", nodes)
        assert ended.code != harness.DONE and "memory" in ended.err, ended
    (tmp_path / "lianjie.toml").write_text('load_memory = "1M"\n')
    ended = harness.call("import", "--data", tmp_path / "other", "--nodes", nodes, cwd=tmp_path)
    assert ended.code != harness.DONE and "memory" in ended.err, ended
