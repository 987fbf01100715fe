"""The client against a fake server: what it sends, and what it makes of answers."""

import threading

import fake_server
import grpc
import lianjie
import pandas as pd
import pytest
from lianjie.v1 import analysis_centrality_pb2, analysis_common_pb2, analysis_pb2, analysis_service_pb2, frame_pb2, transfer_pb2


def test_error_carries_code_reason_field_row_and_metadata(client):
    with pytest.raises(lianjie.LianjieError) as caught:
        client.get_node("nobody")
    error = caught.value
    assert (error.code, error.reason, error.field, error.row) == ("NOT_FOUND", "NODE_NOT_FOUND", "id", 7)
    assert error.metadata["node"] == "nobody"
    assert str(error) == "no node nobody (row 7) [NOT_FOUND, NODE_NOT_FOUND]"


def test_connect_says_when_nobody_answers():
    with pytest.raises(lianjie.LianjieError) as caught:
        lianjie.connect("127.0.0.1:1", wait=0.3)
    assert caught.value.code == "UNAVAILABLE"


def test_reads_its_own_writes(client, server):
    client.get_node("A")
    assert not server.graphs.requests[-1].HasField("consistency")
    written = client.mutate(lianjie.create_node("A", kind="HOUSEHOLD"))
    assert (written.revision, written.link_ids) == (41, ["L1"])
    client.get_node("A")
    assert server.graphs.requests[-1].consistency.at_least_revision == 41
    client.get_node("A", graph="another")
    assert not server.graphs.requests[-1].HasField("consistency")
    client.start("page_rank", revision=7).cancel()
    client.start("page_rank").cancel()


def test_pages_go_on_to_the_end_also_over_an_empty_one(client, server):
    server.graphs.node_pages = {"": (["A", "B"], "t1"), "t1": ([], "t2"), "t2": (["C"], "")}
    assert [node["id"] for node in client.list_nodes("kind = FIRM", page_size=2)] == ["A", "B", "C"]
    sent = server.graphs.requests
    assert [request.page_token for request in sent] == ["", "t1", "t2"]
    assert {request.filter for request in sent} == {"kind = FIRM"}


def test_mutations_and_preconditions(client, server):
    client.mutate(
        lianjie.update_node("A", name="x", persons=None),
        lianjie.delete_node("B", cascade=True),
        lianjie.create_link("A", "C", mechanism="order", paid_yuan=5, valid_from="2020-01-01"),
        preconditions=[lianjie.node_exists("A"), lianjie.field_equals("name", "y", node="A")],
        request_id="once",
    )
    request = server.graphs.requests[-1]
    assert list(request.mutations[0].update_node.update_mask.paths) == ["name", "persons"]
    assert request.mutations[1].delete_node.cascade
    link = request.mutations[2].create_link
    assert (link.id, link.mechanism, link.paid_yuan, link.valid_from.year) == ("", 1, 5.0, 2020)
    assert request.preconditions[1].field_equals.value == "y"
    assert request.request_id == "once"


def test_import_goes_in_chunks_of_a_mebibyte(client, server):
    rows = 60_000
    frame = pd.DataFrame({"id": range(rows), "name": "x" * 40, "persons": [3, None] * (rows // 2)})
    told = []
    done = client.import_data(nodes=frame, rows_sent=told.append)
    assert done.revision == 9 and done.counts["nodes"]["created"] == rows
    messages = server.graphs.imports[-1]
    chunks = [message.chunk for message in messages if message.HasField("chunk")]
    assert messages[0].HasField("options") and len(chunks) > 2
    assert all(chunk.ByteSize() <= (1 << 20) + 1024 for chunk in chunks)
    assert sum(len(chunk.nodes) for chunk in chunks) == rows == told[-1]
    assert chunks[0].nodes[0].persons == 3 and not chunks[0].nodes[1].HasField("persons")
    assert [node.id for chunk in chunks for node in chunk.nodes] == [str(row) for row in range(rows)]


def test_import_stops_at_a_row_that_cannot_be_sent(client, server):
    with pytest.raises(lianjie.LianjieError) as caught:
        client.import_data(nodes=pd.DataFrame({"id": ["A", "B"], "persons": [1.0, 2.5]}))
    assert (caught.value.field, caught.value.row) == ("persons", 1)
    assert str(caught.value).startswith("nodes:2: persons: ")
    assert not server.graphs.imports[-1][-1:] or not server.graphs.imports[-1][-1].HasField("end")


def test_import_says_which_row_the_server_refused(client, server):
    server.graphs.refused = {"origin": "links", "line": "3", "field": "target"}
    with pytest.raises(lianjie.LianjieError) as caught:
        client.import_data(links=pd.DataFrame({"source": ["A"] * 3, "target": ["B", "B", "nobody"]}))
    assert str(caught.value) == "links:3: no node nobody (row 2) [INVALID_ARGUMENT, NODE_NOT_FOUND]"
    assert (caught.value.row, caught.value.field) == (2, "target")


def answer(**header):
    analysis = analysis_pb2.Analysis(degree=analysis_centrality_pb2.Degree(direction="DIRECTION_REVERSE"))
    columns = [
        frame_pb2.ColumnInfo(name="node", type="COLUMN_TYPE_STRING"),
        frame_pb2.ColumnInfo(name="score", type="COLUMN_TYPE_DOUBLE", unit="links"),
    ]
    head = analysis_service_pb2.RunHeader(graph="default", revision=3, analysis=analysis, columns=columns, **header)
    batches = [
        frame_pb2.TableBatch(
            row_count=2, columns=[fake_server.column(1, ["A", ""], [1]), fake_server.column(2, [1.5, 0], [1])]
        ),
        frame_pb2.TableBatch(
            first_row=2, row_count=1, columns=[fake_server.column(1, ["C"]), fake_server.column(2, [2])]
        ),
    ]
    progress = frame_pb2.Progress(phase="degree", completed_work=3, total_work=9)
    return [
        analysis_service_pb2.RunResponse(progress=progress),
        analysis_service_pb2.RunResponse(header=head),
        *(analysis_service_pb2.RunResponse(batch=batch) for batch in batches),
    ]


def test_run_gives_rows_and_frame(client, server):
    server.analyses.answers = answer(
        summary=[{"name": "node_count", "int64_value": 0}, {"name": "rate"}],
        warnings=["careful"],
        truncated=True,
        truncation_message="max_rows is 3",
    )
    seen = []
    result = client.degree(direction="reverse", as_of="2020-12-31", region="52", max_rows=3, progress=seen.append)
    request = server.analyses.requests[-1]
    assert request.analysis.degree.direction == analysis_common_pb2.DIRECTION_REVERSE
    assert (request.frame.as_of.year, request.frame.filter.region, request.frame.limits.max_rows) == (2020, "52", 3)
    assert result.df["score"].tolist()[::2] == [1.5, 2.0] and result.df["score"].isna().tolist() == [False, True, False]
    assert result.df["node"].isna().tolist() == [False, True, False]
    assert (result.revision, result.truncated, result.truncation) == (3, True, "max_rows is 3")
    assert result.summary == {"node_count": 0, "rate": None}
    assert result.options == {"direction": "REVERSE", "weight": ""}
    assert result.ledger is None and result.warnings == ["careful"]
    assert seen == [lianjie.Progress("degree", 3, 9, 0.0)]


def test_running_can_be_read_as_it_comes(client, server):
    server.analyses.answers = answer()
    assert [len(part) for part in client.start("degree")] == [2, 1]


def test_cancel_reaches_the_server(client, server):
    server.analyses.endless = True
    running = client.start("betweenness")
    threading.Timer(0.1, running.cancel).start()
    with pytest.raises(lianjie.LianjieError) as caught:
        running.result()
    assert caught.value.code == "CANCELLED"
    assert server.analyses.cancelled.wait(5)


def test_export_resumes(client, server):
    def part(token, *ids):
        return transfer_pb2.ExportResponse(revision=5, nodes=[{"id": id} for id in ids], resume_token=token)

    server.graphs.exports = [[part("a", "1"), None], [part("b", "2", "3")]]
    tables = client.export()
    assert tables.nodes["id"].tolist() == ["1", "2", "3"] and tables.revision == 5
    assert [request.resume_token for request in server.graphs.requests] == ["", "a"]


def test_token_needs_tls():
    with pytest.raises(ValueError, match="TLS"):
        lianjie.connect("127.0.0.1:1", token="secret")


def test_channel_closes(server):
    with lianjie.connect(server.address) as client:
        pass
    with pytest.raises((ValueError, lianjie.LianjieError, grpc.RpcError)):
        client.get_node("A")
