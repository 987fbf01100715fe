"""A small server in Python that answers with what a test puts in and keeps what it was asked: the client's own tests need
no binary, and can make a server do what a sound one seldom does."""

import concurrent.futures
import threading

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from lianjie.v1 import (
    analysis_service_pb2_grpc,
    frame_pb2,
    graph_service_pb2,
    graph_service_pb2_grpc,
    transfer_pb2,
)


def packed(message) -> any_pb2.Any:
    value = any_pb2.Any()
    value.Pack(message)
    return value


def refuse(context, code: grpc.StatusCode, message: str, reason: str, field: str = "", **metadata: str):
    """Ends a call as Lianjie's server does: one ErrorInfo, and BadRequest where a field is at fault."""
    details = [packed(error_details_pb2.ErrorInfo(reason=reason, domain="lianjie", metadata=metadata))]
    if field:
        violation = error_details_pb2.BadRequest.FieldViolation(field=field, description=message)
        details.append(packed(error_details_pb2.BadRequest(field_violations=[violation])))
    status = status_pb2.Status(code=code_pb2.Code.Value(code.name), message=message, details=details)
    context.set_trailing_metadata([("grpc-status-details-bin", status.SerializeToString())])
    context.abort(code, message)


class Graphs(graph_service_pb2_grpc.GraphServiceServicer):
    def __init__(self):
        self.requests = []
        self.imports = []
        self.node_pages = {}
        self.exports = []
        self.refused = None

    def GetNode(self, request, context):
        self.requests.append(request)
        if request.id == "nobody":
            refuse(
                context, grpc.StatusCode.NOT_FOUND, "no node nobody", "NODE_NOT_FOUND",
                node="nobody", row="7", field="id",
            )  # fmt: skip
        return graph_service_pb2.GetNodeResponse(node={"id": request.id}, revision=1)

    def Mutate(self, request, context):
        self.requests.append(request)
        return graph_service_pb2.MutateResponse(revision=41, link_ids=["L1"])

    def ListNodes(self, request, context):
        self.requests.append(request)
        ids, token = self.node_pages[request.page_token]
        return graph_service_pb2.ListNodesResponse(nodes=[{"id": id} for id in ids], next_page_token=token)

    def Import(self, request_iterator, context):
        messages = list(request_iterator)
        self.imports.append(messages)
        if not messages or not messages[-1].HasField("end"):
            refuse(context, grpc.StatusCode.INVALID_ARGUMENT, "the load has no end", "MISSING_FIELD", "end")
        if self.refused:
            refuse(context, grpc.StatusCode.INVALID_ARGUMENT, "no node nobody", "NODE_NOT_FOUND", **self.refused)
        return transfer_pb2.ImportResponse(revision=9, nodes={"created_count": messages[-1].end.row_count})

    def Export(self, request, context):
        self.requests.append(request)
        for answer in self.exports.pop(0):
            if answer is None:
                context.abort(grpc.StatusCode.UNAVAILABLE, "going down")
            yield answer


class Analyses(analysis_service_pb2_grpc.AnalysisServiceServicer):
    def __init__(self):
        self.requests = []
        self.answers = []
        self.endless = False
        self.cancelled = threading.Event()

    def Run(self, request, context):
        self.requests.append(request)
        context.add_callback(self.cancelled.set)
        yield from self.answers
        if self.endless:
            self.cancelled.wait(10)


class FakeServer:
    def __init__(self):
        self.graphs, self.analyses = Graphs(), Analyses()
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
        graph_service_pb2_grpc.add_GraphServiceServicer_to_server(self.graphs, self._server)
        analysis_service_pb2_grpc.add_AnalysisServiceServicer_to_server(self.analyses, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def stop(self):
        self._server.stop(None)


def column(kind: int, values, missing=()) -> frame_pb2.Column:
    """A column as the server writes it: zero where a value is missing, and a bit for it."""
    names = {1: "strings", 2: "doubles", 3: "int64s", 4: "bools"}
    bits = bytearray((len(values) + 7) // 8) if missing else b""
    for row in missing:
        bits[row // 8] |= 1 << row % 8
    return frame_pb2.Column(**{names[kind]: values}, nulls=bytes(bits))
