"""Lists and exports of a graph that others write to meanwhile: whole, each row once."""

import threading
import time

import harness
import lianjie
import pandas as pd
import pytest
from lianjie.v1 import graph_service_pb2, graph_service_pb2_grpc

ROWS = 25_000  # three pages and more


@pytest.fixture
def written(server):
    """A graph with a free property, written to all the while."""
    with server.client("busy") as client:
        frame = pd.DataFrame({"id": [f"N{row:06}" for row in range(ROWS)], "prop:old": "x"})
        client.import_data(nodes=frame, on_existing="update")
        stop, commits = threading.Event(), []

        def write() -> None:
            with server.client("busy") as writer:
                while not stop.is_set():
                    at = len(commits)
                    row = lianjie.upsert_node(f"N{at * 37 % ROWS:06}", **{"prop:new": str(at), "prop:old": "x"})
                    commits.append(writer.mutate(row).revision)

        thread = threading.Thread(target=write)
        thread.start()
        try:
            assert harness.wait_until(lambda: len(commits) > 3)
            yield server, commits
        finally:
            stop.set()
            thread.join()


def test_lists_are_whole_while_the_graph_is_written_to(written):
    server, commits = written
    question = ["list", "nodes", "--server", server.address, "--graph", "busy", "--format"]
    before = len(commits)
    document = harness.ok(*question, "json").json()
    table = harness.ok(*question, "csv").csv(dtype=str)
    during = len(commits) - before
    ids = [f"N{row:06}" for row in range(ROWS)]
    assert [node["id"] for node in document["nodes"]] == ids and document["truncated"] is False
    assert commits[before - 1] <= document["revision"] <= commits[-1]
    assert table["id"].tolist() == ids and set(table["prop:old"]) == {"x"} and "prop:new" in table
    assert during > 0, "nothing was written meanwhile"
    print(f"two lists of {ROWS:,} nodes while {during} commits were made")


def test_an_export_is_of_one_revision_while_the_graph_is_written_to(written, tmp_path):
    server, commits = written
    before = len(commits)
    ended = harness.ok("export", "--server", server.address, "--graph", "busy", "--out", tmp_path / "out")
    during = len(commits) - before
    table = pd.read_csv(tmp_path / "out" / "nodes.csv", dtype=str)
    revision = int(ended.out.decode().split(" of revision ")[1].split()[0])
    assert len(table) == ROWS and table["id"].is_unique
    seen = table["prop:new"].dropna().astype(int)  # the numbers of the commits, each with its revision
    assert max(commits[number] for number in seen) == revision == commits[int(seen.max())]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["lines.csv", "links.csv", "nodes.csv", "regions.csv"]
    assert during > 0, "nothing was written meanwhile"
    print(f"an export of {ROWS:,} nodes while {during} commits were made")


def test_statistics_are_of_one_revision(client):
    """Each commit makes a region, a line and a node, so that at every revision there are as many of each."""
    client.create_graph(client.graph)
    stub = graph_service_pb2_grpc.GraphServiceStub(client.channel)
    stop, failures, times = threading.Event(), [], {}

    def write():
        number = 0
        while not stop.is_set() and number < 2000:
            number += 1
            done = client.mutate(
                lianjie.upsert_region(f"R{number}", level=1),
                lianjie.upsert_line(region=f"R{number}", year=2020, line_yuan=1.0),
                lianjie.create_node(f"N{number}", region=f"R{number}"),
            )
            times[done.revision] = done.commit_time

    writer = threading.Thread(target=write)
    writer.start()
    seen = []
    try:
        end = time.monotonic() + 4
        while time.monotonic() < end or len(seen) < 20:
            answer = stub.GetStatistics(graph_service_pb2.GetStatisticsRequest(graph=client.graph), timeout=60)
            graph = answer.graph
            counts = {graph.revision, graph.node_count, graph.region_count, graph.line_count}
            counts.add(sum(level.region_count for level in answer.region_levels))
            counts.add(sum(kind.node_count for kind in answer.node_kinds))
            assert len(counts) == 1, answer
            seen.append(graph)
    finally:
        stop.set()
        writer.join()
    assert not failures and len({graph.revision for graph in seen}) > 3
    for graph in seen:
        if graph.revision:
            assert graph.update_time.ToDatetime() == times[graph.revision].replace(tzinfo=None)
            assert graph.digest
