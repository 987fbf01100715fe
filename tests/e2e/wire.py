"""Requests as bytes on the wire, past the client's stubs, and what comes back: an answer, or a refusal with its details."""

import dataclasses

import grpc
from google.rpc import error_details_pb2, status_pb2
from lianjie.v1 import (
    admin_service_pb2,
    analysis_service_pb2,
    errors_pb2,
    graph_service_pb2,
    transfer_pb2,
)

SERVICES = [
    module.DESCRIPTOR.services_by_name[name]
    for module, name in (
        (graph_service_pb2, "GraphService"),
        (analysis_service_pb2, "AnalysisService"),
        (admin_service_pb2, "AdminService"),
    )
]
METHODS = {f"/{method.containing_service.full_name}/{method.name}": method for s in SERVICES for method in s.methods}
REASONS = {name.removeprefix("ERROR_REASON_") for name in errors_pb2.ErrorReason.keys()}


@dataclasses.dataclass(frozen=True)
class Refusal:
    code: str
    reason: str
    metadata: dict[str, str]
    fields: list[str]
    message: str


def send(channel, path: str, message) -> Refusal | bytes:
    """Sends bytes, or a message, to a method: the refusal, or the (last) answer."""
    data = message if isinstance(message, bytes) else message.SerializeToString()
    method = METHODS[path]
    try:
        if method.client_streaming:
            return channel.stream_unary(path)(iter([data]), timeout=20)
        if method.server_streaming:
            answers = list(channel.unary_stream(path)(data, timeout=20))
            return answers[-1] if answers else b""
        return channel.unary_unary(path)(data, timeout=20)
    except grpc.RpcError as error:
        return refusal(error)


def refusal(error: grpc.RpcError) -> Refusal:
    infos, fields = [], []
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            assert status.code == error.code().value[0]
            for detail in status.details:
                if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
                    infos.append(error_details_pb2.ErrorInfo())
                    detail.Unpack(infos[-1])
                elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
                    request = error_details_pb2.BadRequest()
                    detail.Unpack(request)
                    fields += [violation.field for violation in request.field_violations]
    assert len(infos) == 1, f"{error.code()} {error.details()}: {len(infos)} ErrorInfo"
    assert infos[0].domain == "lianjie" and infos[0].reason in REASONS
    return Refusal(error.code().name, infos[0].reason, dict(infos[0].metadata), fields, error.details())


def refused_upload(channel, path, requests) -> Refusal:
    """The refusal of a stream of requests."""
    try:
        channel.stream_unary(path)(iter([request.SerializeToString() for request in requests]), timeout=20)
    except grpc.RpcError as error:
        return refusal(error)
    raise AssertionError("it was not refused")


def mutate(graph, **mutation):
    return graph_service_pb2.MutateRequest(graph=graph, mutations=[mutation])


def run(graph, **analysis):
    return analysis_service_pb2.RunRequest(frame={"graph": graph}, analysis=analysis)


WRITE, RUN, EXPORT = (
    "/lianjie.v1.GraphService/Mutate",
    "/lianjie.v1.AnalysisService/Run",
    "/lianjie.v1.GraphService/Export",
)
IMPORT = "/lianjie.v1.GraphService/Import"


def condition(graph, **fields):
    request = mutate(graph, create_node={"id": "never"})
    request.preconditions.add(**fields)
    return request


def load(graph, *chunks, end=True, **options):
    requests = [transfer_pb2.ImportRequest(options={"graph": graph} | options)]
    requests += [transfer_pb2.ImportRequest(chunk={"origin": "nodes.csv"} | chunk) for chunk in chunks]
    rows = sum(len(chunk.get(kind, [])) for chunk in chunks for kind in ("nodes", "links", "regions", "lines"))
    return [*requests, transfer_pb2.ImportRequest(end={"row_count": rows})] if end else requests
