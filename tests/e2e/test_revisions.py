"""Older revisions through the API: every read answers as it did when the revision was the newest, also after a restart, until
the retention has passed."""

import random

import harness
import lianjie
import pytest
import wire
from lianjie.v1 import (
    analysis_service_pb2,
    analysis_service_pb2_grpc,
    frame_pb2,
    graph_service_pb2,
    graph_service_pb2_grpc,
    transfer_pb2,
)

GRAPH = "history"


def pages(method, request, rows):
    """All rows of a list in small pages, and the revisions of the pages."""
    out, revisions = [], set()
    while True:
        page = method(request)
        out += getattr(page, rows)
        revisions.add(page.revision)
        if not page.next_page_token:
            return out, revisions
        request.page_token = page.next_page_token


class Reads:
    """Every read of the API at one consistency, as comparable values."""

    def __init__(self, client, **consistency):
        graphs = graph_service_pb2_grpc.GraphServiceStub(client.channel)
        analyses = analysis_service_pb2_grpc.AnalysisServiceStub(client.channel)
        base = {"graph": GRAPH, "consistency": frame_pb2.Consistency(**consistency)}
        self.answers, revisions = {}, set()
        for name, make in (
            ("nodes", lambda **more: (graphs.ListNodes, graph_service_pb2.ListNodesRequest(page_size=7, **base, **more))),
            ("links", lambda **more: (graphs.ListLinks, graph_service_pb2.ListLinksRequest(page_size=7, **base, **more))),
            ("regions", lambda **more: (graphs.ListRegions, graph_service_pb2.ListRegionsRequest(page_size=1, **base, **more))),
            ("lines", lambda **more: (graphs.ListLines, graph_service_pb2.ListLinesRequest(page_size=1, **base, **more))),
        ):
            self.answers[name], found = pages(*make(), name)
            revisions |= found
        for node in self.answers["nodes"]:
            for end in ("source", "target"):
                request = graph_service_pb2.ListLinksRequest(page_size=2, **base, **{end: node.id})
                self.answers[end, node.id], found = pages(graphs.ListLinks, request, "links")
                revisions |= found
            got = graphs.GetNode(graph_service_pb2.GetNodeRequest(id=node.id, **base))
            assert got.node == node
            revisions.add(got.revision)
        for link in self.answers["links"]:
            assert graphs.GetLink(graph_service_pb2.GetLinkRequest(id=link.id, **base)).link == link
        exported = list(graphs.Export(transfer_pb2.ExportRequest(**base)))
        revisions |= {part.revision for part in exported}
        for name in ("regions", "lines", "nodes", "links"):
            self.answers["export", name] = [row for part in exported for row in getattr(part, name)]
        statistics = graphs.GetStatistics(graph_service_pb2.GetStatisticsRequest(**base))
        statistics.graph.ClearField("oldest_revision")  # of now
        self.answers["statistics"] = statistics
        revisions.add(statistics.graph.revision)
        frame = frame_pb2.Frame(**base)
        estimate = analyses.Estimate(analysis_service_pb2.EstimateRequest(frame=frame, analysis={"degree": {}}))
        estimate.ClearField("available_bytes")  # what rebuilt revisions take is no longer free
        self.answers["estimate"] = estimate
        for answer in analyses.Run(analysis_service_pb2.RunRequest(frame=frame, analysis={"degree": {}})):
            if answer.HasField("header"):
                revisions.add(answer.header.revision)
            if answer.HasField("batch"):
                self.answers["run"] = answer.batch
        assert len(revisions) == 1, revisions
        self.revision = revisions.pop()


def write_history(client, rounds):
    """Random commits, and what every read answered at each revision."""
    chance = random.Random(5)
    nodes, links, history = set(), set(), {}
    for number in range(rounds):
        writes = []
        for _ in range(chance.randint(1, 4)):
            node = f"N{chance.randint(0, 15)}"
            what = chance.random()
            if what < 0.4:
                writes.append(lianjie.upsert_node(node, name=str(number), region=chance.choice(["52", "5201"])))
                nodes.add(node)
            elif what < 0.75 and len(nodes) > 1:
                ends = chance.sample(sorted(nodes), 2)
                link = f"L{chance.randint(0, 15)}"
                writes.append(
                    lianjie.upsert_link(link, source=ends[0], target=ends[1], mechanism="SUPPLY", paid_yuan=number)
                )
                links.add(link)
            elif what < 0.85 and node in nodes:
                writes.append(lianjie.delete_node(node, cascade=True))
                nodes.discard(node)
            else:
                writes.append(lianjie.upsert_line(region="5201", year=2000 + chance.randint(0, 3), line_yuan=float(number)))
        client.mutate(*writes)
        if number % 5 == 0:
            client.update_graph(reference_date=f"2020-01-{1 + number % 28:02}")
        reads = Reads(client, latest=True)
        history[reads.revision] = reads.answers
    return history


def test_every_read_of_an_older_revision_answers_as_it_did(tmp_path):
    store = tmp_path / "store"
    with harness.Server(store) as server, server.client(GRAPH) as client:
        client.create_graph(GRAPH, reference_date="2020-01-01")
        client.mutate(lianjie.upsert_region("52", level=1), lianjie.upsert_region("5201", parent="52", level=2))
        history = write_history(client, 25)
        for revision, answers in history.items():
            assert Reads(client, exact_revision=revision).answers == answers, revision
    with harness.Server(store) as server, server.client(GRAPH) as client:
        for revision in list(history)[::5]:
            assert Reads(client, exact_revision=revision).answers == history[revision], revision
        newest = max(history)
        for asked in (newest + 1, -1):
            refused = wire.send(
                client.channel,
                "/lianjie.v1.GraphService/GetNode",
                graph_service_pb2.GetNodeRequest(graph=GRAPH, id="N0", consistency={"exact_revision": asked}),
            )
            assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "REVISION_UNAVAILABLE")
            assert refused.metadata == {
                "field": "consistency", "requested": str(asked), "oldest": "0", "newest": str(newest)
            }  # fmt: skip
        # The graph deleted and made anew has none of it.
        client.delete_graph(GRAPH)
        client.create_graph(GRAPH)
        with pytest.raises(lianjie.LianjieError) as refused:
            client.run("degree", revision=newest)
        assert refused.value.reason == "REVISION_UNAVAILABLE"
    print(f"{len(history)} revisions, every read at each as when it was the newest")


def test_what_is_older_than_the_retention_is_refused_by_name(tmp_path):
    with harness.Server(tmp_path / "store", "--retention", "0") as server, server.client(GRAPH) as client:
        client.create_graph(GRAPH)
        first = client.mutate(lianjie.upsert_node("A"), request_id="one").revision
        second = client.mutate(lianjie.upsert_node("B")).revision
        assert harness.wait_until(lambda: client.graphs()[0].get("oldest_revision") == second)
        refused = wire.send(
            client.channel,
            "/lianjie.v1.AnalysisService/Run",
            analysis_service_pb2.RunRequest(
                frame={"graph": GRAPH, "consistency": {"exact_revision": first}}, analysis={"degree": {}}
            ),
        )
        assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "REVISION_UNAVAILABLE")
        assert refused.metadata == {
            "field": "consistency", "requested": str(first), "oldest": str(second), "newest": str(second)
        }  # fmt: skip
        # Its request id is forgotten with it: the same request is a new one.
        assert harness.wait_until(lambda: not client.mutate(lianjie.upsert_node("A"), request_id="one").replayed)


@pytest.mark.parametrize("retention", ["7", "-1d", "1w", "soon"])
def test_a_retention_that_is_no_time_is_refused(tmp_path, retention):
    ended = harness.call("serve", "--data", tmp_path / "store", f"--retention={retention}")
    assert ended.code == harness.USAGE and retention in ended.err and "7d" in ended.err
    assert not (tmp_path / "store").exists()


def test_an_export_goes_on_at_its_revision_after_a_write(server):
    with server.client("export") as client:
        client.import_data(nodes=[{"id": f"N{row}", "name": "x" * 1000} for row in range(4000)])
        graphs = graph_service_pb2_grpc.GraphServiceStub(client.channel)
        stream = graphs.Export(transfer_pb2.ExportRequest(graph="export"))
        first = next(stream)
        stream.cancel()
        client.mutate(lianjie.delete_node("N3999"), lianjie.upsert_node("N3998", name="new"))
        rest = list(graphs.Export(transfer_pb2.ExportRequest(graph="export", resume_token=first.resume_token)))
        names = {node.id: node.name for part in [first, *rest] for node in part.nodes}
        assert names == {f"N{row}": "x" * 1000 for row in range(4000)}
        assert {part.revision for part in [first, *rest]} == {first.revision}
