"""`lianjie watch`: an event a line, and on again after a restart."""

import json
import signal
import subprocess

import harness
import lianjie
from relay import Relay


def follow(server, *more):
    return subprocess.Popen(
        [harness.BINARY, "watch", "--server", server.address, "--graph", "g", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=harness.ENVIRONMENT,
        text=True,
    )


def test_the_command_line_prints_an_event_a_line(tmp_path):
    with harness.Server(tmp_path / "store") as server, server.client("g") as client:
        client.create_graph("g")
        client.mutate(lianjie.create_node("A", name="一"), lianjie.create_node("B"))
        watch = follow(server, "--from", "0", "--format", "json")
        lines = [json.loads(watch.stdout.readline()) for _ in range(2)]
        client.mutate(lianjie.update_node("A", name="二"), lianjie.delete_node("B"))
        lines += [json.loads(watch.stdout.readline()) for _ in range(2)]
        assert [(line["revision"], line["event"], line["element"], line["id"]) for line in lines] == [
            (1, "created", "node", "A"), (1, "created", "node", "B"), (2, "changed", "node", "A"), (2, "deleted", "node", "B")
        ]  # fmt: skip
        assert lines[2]["before"]["name"] == "一" and lines[2]["after"]["name"] == "二" and "after" not in lines[3]
        watch.send_signal(signal.SIGINT)
        assert watch.wait(10) == harness.INTERRUPTED
        once = ["watch", "--server", server.address, "--graph", "g", "--once", "--from"]
        table = harness.ok(*once, 0, "--format", "csv").csv(dtype=str)
        assert table["changed"].fillna("").tolist() == ["id;kind;name", "id;kind", "name", "id;kind"]
        text = harness.ok(*once, 1).out.decode().splitlines()
        assert len(text) == 2 and text[0].endswith("changed node A: name 一 > 二") and text[1].endswith("deleted node B")
        assert harness.ok(*once, 0, "--kind", "line").out == b""
        for bad in (["--kind", "thing"], ["--from", "-3"], ["--format", "xml"]):
            assert harness.call("watch", "--server", server.address, *bad).code == harness.USAGE
    assert harness.call("watch", "--data", tmp_path / "store", "--graph", "g").code == harness.USAGE
    assert len(harness.ok("watch", "--data", tmp_path / "store", "--graph", "g", "--once", "--from", 0).out.splitlines()) == 4


def test_the_command_line_goes_on_after_a_restart(tmp_path):
    with harness.Server(tmp_path / "store") as server:
        relay = Relay(server.address)
        with server.client("g") as client:
            client.create_graph("g")
            client.mutate(lianjie.create_node("A"))
        watch = follow(type("At", (), {"address": relay.address}), "--from", "0")
        assert "created node A" in watch.stdout.readline()
    with harness.Server(tmp_path / "store") as server:
        with server.client("g") as client:
            client.mutate(lianjie.create_node("B"))
        relay.target = server.address
        line = watch.stdout.readline()
        assert "created node B" in line, watch.communicate()
        watch.send_signal(signal.SIGINT)
        assert watch.wait(10) == harness.INTERRUPTED
        assert "going on after revision 1" in watch.stderr.read()
    relay.listener.close()
