"""Bad requests over gRPC: each gets its canonical code with one ErrorInfo, never UNIMPLEMENTED or INTERNAL, except that what
is planned says so. Bytes are sent as they are, past the stubs, so that malformed ones go out too."""

import os

import grpc
import harness
import lianjie
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from lianjie.v1 import analysis_centrality_pb2, analysis_service_pb2, frame_pb2, graph_pb2, graph_service_pb2, transfer_pb2
from wire import EXPORT, METHODS, RUN, SERVICES, WRITE, Refusal, mutate, run, send

PLANNED = {path for path in METHODS if "Principal" in path} | {
    "/lianjie.v1.AnalysisService/Start",
    "/lianjie.v1.AnalysisService/ReadResult",
}
HERE = sorted(set(METHODS) - PLANNED)
ESTIMATE = "/lianjie.v1.AnalysisService/Estimate"


@pytest.fixture(scope="module")
def channel(server):
    with grpc.insecure_channel(server.address) as opened:
        yield opened


@pytest.fixture(scope="module")
def graph(server):
    """A small graph that is there."""
    with server.client("refusals") as client:
        client.import_data(
            nodes=[{"id": "A"}, {"id": "B"}, {"id": "H", "kind": "HOUSEHOLD"}],
            links=[{"id": "L", "source": "A", "target": "B", "share": 0.5}],
        )
    return "refusals"


@pytest.mark.parametrize("path", HERE)
@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff", b"\x0a\x7f", b"\x0a\x02\xc3\x28"], ids=["noise", "cut", "no UTF-8"])
def test_malformed_message(channel, path, data):
    request = METHODS[path].input_type
    if data == b"\x0a\x02\xc3\x28" and (not request.fields or request.fields[0].cpp_type != 9):
        data = b"\x0a\x80"  # the first field is no text: a length that does not end
    answer = send(channel, path, data)
    assert isinstance(answer, Refusal), path
    assert (answer.code, answer.reason) == ("INVALID_ARGUMENT", "MALFORMED_MESSAGE"), answer


@pytest.mark.parametrize("path", sorted(PLANNED))
def test_planned_method_says_so(channel, path):
    answer = send(channel, path, b"")
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.reason) == ("UNIMPLEMENTED", "FEATURE_PLANNED"), answer
    assert path.rpartition("/")[2] in answer.metadata["feature"]


@pytest.mark.parametrize(
    ("path", "make", "field"),
    [
        (WRITE, lambda g: mutate(g, create_node={"id": "X", "kind": 99}), "kind"),
        (WRITE, lambda g: mutate(g, create_node={"id": "X", "causes": [77]}), "causes"),
        (WRITE, lambda g: mutate(g, create_link={"source": "A", "target": "B", "mechanism": 99}), "mechanism"),
        (RUN, lambda g: run(g, degree={"direction": 9}), "direction"),
        (RUN, lambda g: run(g, benefit_flow={"decompose": [1, 55]}), "decompose"),
        (RUN, lambda g: run(g, page_rank={"dangling": 9}), "dangling"),
        (ESTIMATE, lambda g: run(g, benefit_flow={"mode": 9}), "mode"),
    ],
)
def test_wrong_enum(channel, graph, path, make, field):
    answer = send(channel, path, make(graph))
    assert (answer.code, answer.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD"), answer
    assert field in answer.metadata["field"] and any(field in name for name in answer.fields), answer


def test_unknown_graph(channel):
    requests = {
        path: METHODS[path].input_type._concrete_class() for path in HERE if "graph" in METHODS[path].input_type.fields_by_name
    }
    requests |= {RUN: run("nowhere", degree={}), ESTIMATE: run("nowhere", degree={})}
    for path, request in requests.items():
        field = request.DESCRIPTOR.fields_by_name.get("graph")
        if path.endswith(("CreateGraph", "ListGraphs")):
            continue
        if field is not None:
            if field.message_type is not None:
                request.graph.name = "nowhere"
            else:
                request.graph = "nowhere"
        if path.endswith("Mutate"):
            request = mutate("nowhere", create_node={"id": "A"})
        if path.endswith(("GetNode", "GetLink")):
            request.id = "A"
        answer = send(channel, path, request)
        assert isinstance(answer, Refusal), path
        assert (answer.code, answer.reason) == ("NOT_FOUND", "GRAPH_NOT_FOUND"), (path, answer)
        assert answer.metadata["graph"] == "nowhere"


@pytest.mark.parametrize("name", ["../../beside", "../../beside.snapshot\0", "../FORMAT\0", "../WITNESS\0", "..", "a/b", "\n"])
def test_a_graphs_name_is_no_way_to_a_file(tmp_path, name):
    with harness.Server(tmp_path / "store") as server, server.client("g") as client:
        client.create_graph("g")
        client.mutate(lianjie.create_node("A"))
        (tmp_path / "store" / "snapshots").mkdir(exist_ok=True)  # there once a graph of some size was analysed
        (tmp_path / "beside.snapshot").touch()
        before = {file for file in tmp_path.rglob("*") if file.is_file()}
        statistics = graph_service_pb2.GetStatisticsRequest(graph=name)
        asked = {"/lianjie.v1.GraphService/GetStatistics": statistics, RUN: run(name, degree={}), ESTIMATE: run(name, degree={})}
        for path, request in asked.items():
            answer = send(client.channel, path, request)
            assert (answer.code, answer.reason) == ("NOT_FOUND", "GRAPH_NOT_FOUND"), (path, answer)
            assert {file for file in tmp_path.rglob("*") if file.is_file()} == before, path


@pytest.mark.parametrize(
    ("path", "make"),
    [
        ("/lianjie.v1.GraphService/GetNode", lambda g: graph_service_pb2.GetNodeRequest(graph=g, id="nobody")),
        ("/lianjie.v1.GraphService/ListLinks", lambda g: graph_service_pb2.ListLinksRequest(graph=g, source="nobody")),
        (WRITE, lambda g: mutate(g, create_link={"source": "A", "target": "nobody"})),
        (WRITE, lambda g: mutate(g, delete_node={"id": "nobody"})),
        (RUN, lambda g: run(g, distances={"source": ["A", "nobody"]})),
        (RUN, lambda g: run(g, shortest_path={"source": "A", "target": "nobody"})),
        (RUN, lambda g: run(g, explain_benefit={"node": "nobody"})),
        (RUN, lambda g: run(g, dependence={"organisation": "nobody"})),
    ],
)
def test_unknown_node(channel, graph, path, make):
    answer = send(channel, path, make(graph))
    assert (answer.code, answer.reason, answer.metadata["node"]) == ("NOT_FOUND", "NODE_NOT_FOUND", "nobody"), answer


@pytest.mark.parametrize("path", [WRITE, RUN, "/lianjie.v1.GraphService/GetNode", "/lianjie.v1.GraphService/Import"])
def test_message_over_the_handlers_limit(channel, graph, path):
    node = graph_pb2.Node(id="X", properties={str(number): "x" * 60_000 for number in range(85)})
    request = {
        WRITE: lambda: mutate(graph, create_node=node),
        RUN: lambda: run(graph, distances={"source": ["x" * 500] * 10_000}),
    }.get(path, lambda: transfer_pb2.ImportRequest(chunk={"nodes": [node]}))()
    assert (4 << 20) < request.ByteSize() < (64 << 20)
    answer = send(channel, path, request)
    assert (answer.code, answer.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE"), answer
    assert int(answer.metadata["limit_bytes"]) == 4 << 20 and int(answer.metadata["bytes"]) > 4 << 20


def test_forged_page_token(channel, server, graph):
    path = "/lianjie.v1.GraphService/ListNodes"

    def page(**fields):
        return graph_service_pb2.ListNodesRequest(**{"graph": graph, "page_size": 1} | fields)

    token = graph_service_pb2.ListNodesResponse.FromString(send(channel, path, page())).next_page_token
    assert token and isinstance(send(channel, path, page(page_token=token)), bytes)
    with server.client("refusals_other") as other:
        other.import_data(nodes=[{"id": "A"}, {"id": "B"}])
    flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
    for forged in (
        page(page_token="x"),
        page(page_token="AAAA" * 12),
        page(page_token=flipped),
        page(page_token=token[: len(token) // 2]),
        page(page_token=token, filter="kind = FIRM"),
        page(page_token=token, graph="refusals_other"),
    ):
        answer = send(channel, path, forged)
        assert isinstance(answer, Refusal), forged
        assert (answer.code, answer.reason) == ("INVALID_ARGUMENT", "INVALID_PAGE_TOKEN"), answer
        assert answer.metadata["field"] == "page_token"
    for forged in ("forged", token):
        answer = send(channel, EXPORT, transfer_pb2.ExportRequest(graph=graph, resume_token=forged))
        assert (answer.reason, answer.fields) == ("INVALID_PAGE_TOKEN", ["resume_token"]), answer


@pytest.mark.parametrize(
    ("make", "code", "reason"),
    [
        (lambda g: run(g), "INVALID_ARGUMENT", "MISSING_FIELD"),
        (lambda g: run(g, shortest_path={"source": "A"}), "INVALID_ARGUMENT", "MISSING_FIELD"),
        (lambda g: run(g, page_rank={"damping": 1.5}), "INVALID_ARGUMENT", "INVALID_FIELD"),
        (lambda g: run(g, page_rank={"damping": float("nan")}), "INVALID_ARGUMENT", "INVALID_FIELD"),
        (lambda g: run(g, betweenness={"weight": "wait"}), "INVALID_ARGUMENT", None),
        (lambda g: run(g, chain_trace={"node": "A", "pattern": "PROCESSING >"}), "INVALID_ARGUMENT", "INVALID_FIELD"),
        (lambda g: run(g, explain_benefit={"node": "H", "k": -1}), "INVALID_ARGUMENT", "INVALID_FIELD"),
        (lambda g: run(g, benefit_flow={"mode": "FLOW_MODE_TERMS"}), "UNIMPLEMENTED", "FEATURE_PLANNED"),
    ],
)
def test_options_that_do_not_fit(channel, graph, make, code, reason):
    answer = send(channel, RUN, make(graph))
    assert isinstance(answer, Refusal) and answer.code == code, answer
    assert answer.reason == reason or (reason is None and answer.reason in ("INVALID_FIELD", "UNKNOWN_FIELD"))


@pytest.mark.parametrize(
    ("frame", "code", "reason"),
    [
        ({"filter": {"nodes": "kind ="}}, "INVALID_ARGUMENT", "INVALID_FILTER"),
        ({"filter": {"nodes": "(" * 100 + "kind = FIRM" + ")" * 100}}, "INVALID_ARGUMENT", "INVALID_FILTER"),
        ({"filter": {"region": "nowhere"}}, "NOT_FOUND", "REGION_NOT_FOUND"),
        ({"consistency": {"exact_revision": 10**6}}, None, "REVISION_UNAVAILABLE"),
        ({"consistency": {"at_least_revision": 10**6}}, None, "REVISION_UNAVAILABLE"),
        ({"as_of": {"year": 2020, "month": 13, "day": 1}}, "INVALID_ARGUMENT", "INVALID_FIELD"),
        ({"limits": {"max_memory_bytes": 1}}, "RESOURCE_EXHAUSTED", "LIMIT_EXCEEDED"),
        ({"scenario": {"remove_nodes": ["A"]}}, "UNIMPLEMENTED", "FEATURE_PLANNED"),
    ],
)
def test_frames_that_do_not_fit(channel, graph, frame, code, reason):
    request = analysis_service_pb2.RunRequest(frame={"graph": graph} | frame, analysis={"page_rank": {}})
    answer = send(channel, RUN, request)
    assert isinstance(answer, Refusal) and answer.reason == reason, answer
    assert answer.code == code or (code is None and answer.code in ("FAILED_PRECONDITION", "OUT_OF_RANGE"))


@pytest.mark.parametrize("threads", [1, 3, 100_000, 2**31 - 1])
def test_threads_above_the_servers_are_cut_and_said(channel, graph, threads):
    request = analysis_service_pb2.RunRequest(
        frame={"graph": graph, "limits": {"threads": threads}}, analysis={"page_rank": {}}
    )
    answers = channel.unary_stream(RUN)(request.SerializeToString(), timeout=60)
    messages = [analysis_service_pb2.RunResponse.FromString(answer) for answer in answers]
    header = next(message.header for message in messages if message.HasField("header"))
    cut = [warning for warning in header.warnings if "limits.threads" in warning]
    assert len(cut) == (threads > len(os.sched_getaffinity(0))) and all(str(threads) in warning for warning in cut)
    assert header.row_count == 3


def test_negative_threads_are_refused(channel, graph):
    request = analysis_service_pb2.RunRequest(frame={"graph": graph, "limits": {"threads": -1}}, analysis={"page_rank": {}})
    answer = send(channel, RUN, request)
    assert (answer.code, answer.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD") and answer.fields == ["frame.limits.threads"]


def test_graphs_are_made_and_changed_by_name_alone(channel):
    for path in ("CreateGraph", "UpdateGraph", "DeleteGraph"):
        answer = send(channel, f"/lianjie.v1.GraphService/{path}", b"")
        assert isinstance(answer, Refusal), path
        assert (answer.code, answer.reason) == ("INVALID_ARGUMENT", "MISSING_FIELD"), answer


def test_a_line_that_is_not_there_is_no_region(channel, graph):
    for region, place in (("", "everywhere"), ("52", "'52'")):
        answer = send(channel, WRITE, mutate(graph, delete_line={"region": region, "year": 2000}))
        assert (answer.code, answer.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD"), answer
        assert answer.fields == ["mutations[0].line.year"] and place in answer.message and "2000" in answer.message


def test_an_unknown_field_of_a_precondition_is_named_where_it_stands(channel, graph):
    request = mutate(graph, create_node={"id": "never"})
    request.preconditions.add(node_exists="A")
    request.preconditions.add(field_equals={"node": "A", "field": "nme", "value": "x"})
    answer = send(channel, WRITE, request)
    assert (answer.code, answer.reason) == ("INVALID_ARGUMENT", "UNKNOWN_FIELD"), answer
    assert answer.fields == ["preconditions[1].field_equals.field"]
    assert (answer.metadata["name"], answer.metadata["nearest"]) == ("nme", "name")


def test_a_period_that_ends_before_it_begins(channel, graph):
    period = frame_pb2.Period(start={"year": 2021, "month": 1, "day": 1}, end={"year": 2020, "month": 1, "day": 1})
    request = analysis_service_pb2.RunRequest(
        frame={"graph": graph, "period": period}, analysis={"degree": analysis_centrality_pb2.Degree()}
    )
    assert send(channel, RUN, request).reason == "DATES_OUT_OF_ORDER"


def test_the_server_is_as_before_and_healthy(channel, server, graph):
    """Runs last in this file: nothing above has changed the graph or hurt the server."""
    with server.client(graph) as client:
        assert client.stats()["graph"]["revision"] == 1
        assert [node["id"] for node in client.list_nodes()] == ["A", "B", "H"]
    health = health_pb2_grpc.HealthStub(channel)
    for service in ("", *(service.full_name for service in SERVICES[:2])):
        status = health.Check(health_pb2.HealthCheckRequest(service=service), timeout=5).status
        assert status == health_pb2.HealthCheckResponse.SERVING


def test_reflection_tells_the_services(channel):
    database = ProtoReflectionDescriptorDatabase(channel)
    assert {service.full_name for service in SERVICES} <= set(database.get_services())
    file = database.FindFileContainingSymbol("lianjie.v1.GraphService")
    assert "Mutate" in {method.name for service in file.service for method in service.method}


def test_trapped_money_is_refused_by_name(client):
    client.import_data(
        nodes=[{"id": "A", "outside_revenue_yuan": 10}, {"id": "B"}],
        links=[{"source": "A", "target": "B", "share": 1}, {"source": "B", "target": "A", "share": 1}],
    )
    with pytest.raises(lianjie.LianjieError) as caught:
        client.benefit_flow(mode="SHARE")
    assert (caught.value.code, caught.value.reason) == ("FAILED_PRECONDITION", "TRAPPED")
    assert set(caught.value.metadata["nodes"].replace(" ", "").split(",")) == {"A", "B"}
