"""Every reason of a refusal over gRPC, with the metadata that errors.proto says it carries."""

import re

import grpc
import harness
import pytest
from lianjie.v1 import analysis_service_pb2, graph_service_pb2, transfer_pb2
from wire import EXPORT, IMPORT, RUN, WRITE, Refusal, condition, load, mutate, refused_upload, run, send


@pytest.fixture(scope="module")
def channel(server):
    with grpc.insecure_channel(server.address) as opened:
        yield opened


@pytest.fixture(scope="module")
def graph(server):
    """A small graph that is there."""
    with server.client("reasons") as client:
        client.import_data(
            nodes=[{"id": "A"}, {"id": "B"}, {"id": "H", "kind": "HOUSEHOLD"}],
            links=[{"id": "L", "source": "A", "target": "B", "share": 0.5}],
        )
    return "reasons"


def documented() -> dict[str, set[str]]:
    """The names in the example of each reason, from the comments of errors.proto."""
    text = (harness.ROOT / "proto/lianjie/v1/errors.proto").read_text()
    found: dict[str, set[str]] = {}
    names: set[str] = set()
    for line in text.splitlines():
        if line.strip().startswith("//   {"):
            names = set(re.findall(r'"(\w+)":', line))
        elif match := re.match(r"\s+ERROR_REASON_(\w+) = ", line):
            found[match[1]], names = names, set()
    return found


DAY = {"year": 2020, "month": 1, "day": 1}
TRIGGERS = {
    "INVALID_FIELD": (RUN, lambda g: run(g, page_rank={"damping": 2})),
    "UNKNOWN_FIELD": (WRITE, lambda g: condition(g, field_equals={"node": "A", "field": "persns"})),
    "MISSING_FIELD": (RUN, lambda g: run(g, shortest_path={"source": "A"})),
    "GRAPH_NOT_FOUND": (RUN, lambda g: run("nowhere", degree={})),
    "GRAPH_EXISTS": ("/lianjie.v1.GraphService/CreateGraph", lambda g: graph_service_pb2.CreateGraphRequest(graph={"name": g})),
    "NODE_NOT_FOUND": (RUN, lambda g: run(g, explain_benefit={"node": "nobody"})),
    "LINK_NOT_FOUND": (WRITE, lambda g: mutate(g, delete_link={"id": "none"})),
    "REGION_NOT_FOUND": (WRITE, lambda g: mutate(g, delete_region={"code": "99"})),
    "NODE_EXISTS": (WRITE, lambda g: mutate(g, create_node={"id": "A"})),
    "LINK_EXISTS": (WRITE, lambda g: mutate(g, create_link={"id": "L", "source": "A", "target": "B"})),
    "DUPLICATE_ID": (IMPORT, lambda g: load(g, {"nodes": [{"id": "X"}, {"id": "X"}]})),
    "NODE_HAS_LINKS": (WRITE, lambda g: mutate(g, delete_node={"id": "A"})),
    "MECHANISM_NOT_ALLOWED": (
        WRITE,
        lambda g: mutate(g, create_link={"source": "H", "target": "A", "mechanism": "MECHANISM_EMPLOYMENT"}),
    ),
    "KIND_CONTRADICTS_MECHANISM": (
        WRITE,
        lambda g: mutate(
            g, create_link={"source": "A", "target": "B", "mechanism": "MECHANISM_ORDER", "kind": "LINK_KIND_SUPPLY"}
        ),
    ),
    "SHARES_EXCEED_ONE": (WRITE, lambda g: mutate(g, create_link={"source": "A", "target": "B", "share": 0.9})),
    "DATES_OUT_OF_ORDER": (WRITE, lambda g: mutate(g, create_node={"id": "X", "valid_from": DAY, "valid_to": DAY})),
    "REGION_TREE_INVALID": (WRITE, lambda g: mutate(g, upsert_region={"code": "1", "parent": "9", "level": 2})),
    "PRECONDITION_FAILED": (WRITE, lambda g: condition(g, graph_revision_equals=41)),
    "REVISION_UNAVAILABLE": (
        RUN,
        lambda g: analysis_service_pb2.RunRequest(
            frame={"graph": g, "consistency": {"exact_revision": 90}}, analysis={"degree": {}}
        ),
    ),
    "INVALID_PAGE_TOKEN": (EXPORT, lambda g: transfer_pb2.ExportRequest(graph=g, resume_token="forged")),
    "INVALID_FILTER": (
        "/lianjie.v1.GraphService/ListNodes",
        lambda g: graph_service_pb2.ListNodesRequest(graph=g, filter="kind ="),
    ),
    "MALFORMED_MESSAGE": (RUN, lambda g: b"\xff\xff\xff\xff"),
    "MESSAGE_TOO_LARGE": (RUN, lambda g: run(g, distances={"source": ["x" * 500] * 10_000})),
    "LIMIT_EXCEEDED": (
        RUN,
        lambda g: analysis_service_pb2.RunRequest(
            frame={"graph": g, "limits": {"max_memory_bytes": 1}}, analysis={"page_rank": {}}
        ),
    ),
    "CANCELLED": None,
    "FEATURE_PLANNED": ("/lianjie.v1.AnalysisService/Start", lambda g: b""),
    "DEADLINE_EXCEEDED": (
        RUN,
        lambda g: analysis_service_pb2.RunRequest(
            frame={"graph": g, "limits": {"deadline": {"nanos": 1}}}, analysis={"page_rank": {}}
        ),
    ),
}
# What a healthy server does not say to well-fed clients, or other tests show: a full queue and a busy store in C++, the rest
# of the disk in the store's own tests; TRAPPED and REQUEST_ID_REUSED below.
ELSEWHERE = {
    "UNSPECIFIED", "INTERNAL", "TRAPPED", "DIVERGES", "REQUEST_ID_REUSED", "QUEUE_FULL", "MEMORY_EXHAUSTED", "STORE_CORRUPT",
    "STORE_FORMAT", "STORE_LOCKED", "DISK_FULL", "UNAVAILABLE", "CANCELLED",
}  # fmt: skip


def test_every_reason_is_shown_somewhere():
    assert set(TRIGGERS) | ELSEWHERE == set(documented())


@pytest.mark.parametrize("reason", [reason for reason, how in TRIGGERS.items() if how])
def test_metadata_is_what_the_api_says(channel, graph, reason):
    path, make = TRIGGERS[reason]
    request = make(graph)
    if isinstance(request, list):
        answer = refused_upload(channel, path, request)
    else:
        answer = send(channel, path, request)
    assert isinstance(answer, Refusal) and answer.reason == reason, answer
    expected = documented()[reason]
    assert expected <= set(answer.metadata), f"{sorted(expected - set(answer.metadata))} missing of {answer.metadata}"
    assert all(answer.metadata[name] for name in expected), answer


def test_limits_say_what_was_needed(channel, graph):
    many = graph_service_pb2.MutateRequest(graph=graph, mutations=[{"delete_node": {"id": "x"}}] * 100_001)
    for answer, limit, value, needed in [
        (send(channel, WRITE, many), "mutations", 100_000, 100_001),
        (send(channel, WRITE, graph_service_pb2.MutateRequest(graph=graph, request_id="r" * 129)), "request_id", 128, 129),
        (
            refused_upload(
                channel, IMPORT, load(graph, {"nodes": [{"id": ""}] * 3}, collect_bad_rows=True, max_bad_rows=2)
            ),
            "max_bad_rows",
            2,
            3,
        ),
    ]:
        assert (answer.code, answer.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_EXCEEDED"), answer
        assert (answer.metadata["limit"], int(answer.metadata["value"])) == (limit, value), answer
        assert int(answer.metadata["needed"]) >= needed, answer
