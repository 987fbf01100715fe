"""The client. Calls are plain and blocking; an analysis can also be started and read, or cancelled, as it goes."""

from __future__ import annotations

import datetime
import pathlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import grpc
import pandas as pd
from google.protobuf.field_mask_pb2 import FieldMask

from . import analyses, connection, convert, errors, loading, mutations, results, unloading, values, watching
from .v1 import (
    analysis_service_pb2,
    analysis_service_pb2_grpc,
    frame_pb2,
    graph_pb2,
    graph_service_pb2,
    graph_service_pb2_grpc,
    transfer_pb2,
)

Date = str | datetime.date
Row = dict[str, Any]
_RESUMES = 5


def connect(
    address: str,
    graph: str = "default",
    *,
    ca: str | pathlib.Path | bytes | None = None,
    certificate: str | pathlib.Path | bytes | None = None,
    key: str | pathlib.Path | bytes | None = None,
    tls: bool = False,
    token: str | None = None,
    timeout: float | None = None,
    progress: bool | results.ProgressCallback | None = None,
    wait: float = 10.0,
) -> Client:
    """Connects to a server.

    address: HOST:PORT. graph: the graph that calls are about unless they name another. ca: authority of the server's
    certificate, a file or PEM bytes; certificate and key: this client's own, for mutual TLS; tls: TLS with the system's
    authorities. Without any of them the connection is plain. token: sent with each call, over TLS alone. timeout: seconds that
    a call may take unless it says otherwise; None for no limit. progress: a callback, True or False; None shows a bar on a
    terminal alone. wait: seconds to wait for the server; LianjieError with code UNAVAILABLE when it does not answer.
    """
    channel = connection.open_channel(address, ca=ca, certificate=certificate, key=key, tls=tls, token=token)
    try:
        grpc.channel_ready_future(channel).result(timeout=wait)
    except grpc.FutureTimeoutError:
        channel.close()
        raise errors.LianjieError(
            f"no answer from {address} within {wait:g} s", code="UNAVAILABLE", reason="UNAVAILABLE"
        ) from None
    return Client(channel, graph, timeout=timeout, progress=progress)


class Client(analyses.Analyses, watching.Watching):
    """A connection to a server, about one graph unless a call names another. Safe to use from several threads.

    Reads see this client's own writes: each sends the revision of its last write to the graph as at_least_revision.
    Errors are LianjieError. There is a method for every analysis; see `run` for what all of them take.
    """

    def __init__(
        self,
        channel: grpc.Channel,
        graph: str = "default",
        *,
        timeout: float | None = None,
        progress: bool | results.ProgressCallback | None = None,
    ):
        self.channel = channel
        self.graph = graph
        self.timeout = timeout
        self.progress = progress
        self._graphs = graph_service_pb2_grpc.GraphServiceStub(channel)
        self._analyses = analysis_service_pb2_grpc.AnalysisServiceStub(channel)
        self._written: dict[str, int] = {}

    def close(self) -> None:
        """Closes the connection; calls that run are cancelled."""
        self.channel.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    # Analyses.

    def run(
        self,
        analysis: str,
        /,
        *,
        graph: str | None = None,
        as_of: Date | None = None,
        period: tuple[Date, Date] | None = None,
        region: str | None = None,
        nodes: str | None = None,
        links: str | None = None,
        scenario: Mapping[str, Any] | None = None,
        latest: bool | None = None,
        revision: int | None = None,
        max_rows: int | None = None,
        max_memory_bytes: int | None = None,
        threads: int | None = None,
        timeout: float | None = None,
        progress: bool | results.ProgressCallback | None = None,
        **options: Any,
    ) -> results.Result:
        """Runs an analysis and waits for its answer.

        analysis: its name, as "benefit_flow". as_of: a date, or period: two dates, the first in, the second out; without
        either the graph's reference date. region: code of the region that is seen. nodes, links: filters that tell which are seen, as
        "kind = HOUSEHOLD". latest: read the newest commit; revision: read this very one. max_rows, max_memory_bytes, threads:
        limits. timeout: seconds it may take. progress: as in `connect`. options: the analysis' own; None means not given.
        """
        frame = dict(
            graph=graph, as_of=as_of, period=period, region=region, nodes=nodes, links=links, scenario=scenario,
            latest=latest, revision=revision, max_rows=max_rows, max_memory_bytes=max_memory_bytes, threads=threads,
        )  # fmt: skip
        return self.start(analysis, timeout=timeout, progress=progress, **frame, **options).result()

    def start(
        self,
        analysis: str,
        /,
        *,
        timeout: float | None = None,
        progress: bool | results.ProgressCallback | None = None,
        **arguments: Any,
    ) -> results.Running:
        """Starts an analysis, with the arguments of `run`, and gives a handle to read or cancel it."""
        request = self._request(analysis_service_pb2.RunRequest, analysis, arguments)
        report = results.reporter(self.progress if progress is None else progress, analysis)
        return results.Running(self._analyses.Run(request, timeout=timeout or self.timeout), report)

    def estimate(self, analysis: str, /, **arguments: Any) -> Row:
        """What an analysis would take (memory_bytes, work_links ...), with the arguments of `run`, without running it."""
        request = self._request(analysis_service_pb2.EstimateRequest, analysis, arguments)
        return values.whole(self._call(self._analyses.Estimate, request))

    def analyses(self, name: str | None = None) -> list[Row]:
        """Descriptions of all analyses, or of one: name, family, summary, description, options."""
        request = analysis_service_pb2.ListAnalysesRequest(name=name or "")
        return [values.record(info) for info in self._call(self._analyses.ListAnalyses, request).analyses]

    def _request(self, request_class: Any, analysis: str, arguments: dict[str, Any]) -> Any:
        frame = {name: arguments.pop(name) for name in analyses.FRAME if name in arguments}
        graph = frame.pop("graph", None) or self.graph
        consistency = self._consistency(graph, frame.pop("latest", None), frame.pop("revision", None))
        return request_class(
            frame=analyses.frame_message(graph, consistency, **frame),
            analysis=analyses.analysis_message(analysis, arguments),
        )

    # Graphs.

    def graphs(self) -> list[Row]:
        """All graphs, by name, with their revisions and counts."""
        request = graph_service_pb2.ListGraphsRequest(page_size=1000)
        return [values.whole(graph) for page in self._pages(self._graphs.ListGraphs, request) for graph in page.graphs]

    def create_graph(self, name: str, *, reference_date: Date | None = None) -> Row:
        """Makes an empty graph; reference_date is the as-of date of requests that give none."""
        graph = values.build(graph_pb2.Graph, {"name": name, "reference_date": reference_date})
        return values.whole(self._call(self._graphs.CreateGraph, graph_service_pb2.CreateGraphRequest(graph=graph)))

    def update_graph(self, name: str | None = None, *, reference_date: Date | None) -> Row:
        """Sets a graph's reference date; None clears it."""
        graph = values.build(graph_pb2.Graph, {"name": name or self.graph, "reference_date": reference_date})
        request = graph_service_pb2.UpdateGraphRequest(graph=graph, update_mask=FieldMask(paths=["reference_date"]))
        answer = self._call(self._graphs.UpdateGraph, request)
        self._wrote(answer.name, answer.revision)
        return values.whole(answer)

    def delete_graph(self, name: str) -> None:
        """Deletes a graph with all that it holds. It cannot be undone."""
        self._call(self._graphs.DeleteGraph, graph_service_pb2.DeleteGraphRequest(graph=name))
        self._written.pop(name, None)

    def stats(self, *, graph: str | None = None, as_of: Date | None = None) -> Row:
        """Counts and sums of what a graph holds."""
        name = graph or self.graph
        fields = {"graph": name, "as_of": as_of, "consistency": self._consistency(name)}
        request = values.build(graph_service_pb2.GetStatisticsRequest, fields)
        return values.whole(self._call(self._graphs.GetStatistics, request))

    # Elements.

    def get_node(self, id: str, *, as_of: Date | None = None, graph: str | None = None) -> Row:
        """One node by its id: its fields that are given, by name. as_of: a date on which it must be valid."""
        fields = self._reading(graph, id=id, as_of=as_of)
        request = values.build(graph_service_pb2.GetNodeRequest, fields)
        return values.record(self._call(self._graphs.GetNode, request).node)

    def get_link(self, id: str, *, as_of: Date | None = None, graph: str | None = None) -> Row:
        """One link by its id: its fields that are given, by name. as_of: a date on which it must be in force."""
        fields = self._reading(graph, id=id, as_of=as_of)
        request = values.build(graph_service_pb2.GetLinkRequest, fields)
        return values.record(self._call(self._graphs.GetLink, request).link)

    def list_nodes(
        self, filter: str | None = None, *, as_of: Date | None = None, graph: str | None = None, page_size: int = 1000
    ) -> Iterator[Row]:
        """Nodes one by one, by id, page after page. filter: as "kind = HOUSEHOLD AND persons < 3". as_of: valid on this date."""
        fields = self._reading(graph, filter=filter, as_of=as_of, page_size=page_size)
        request = values.build(graph_service_pb2.ListNodesRequest, fields)
        return (values.record(node) for page in self._pages(self._graphs.ListNodes, request) for node in page.nodes)

    def list_links(
        self,
        filter: str | None = None,
        *,
        source: str | None = None,
        target: str | None = None,
        as_of: Date | None = None,
        graph: str | None = None,
        page_size: int = 1000,
    ) -> Iterator[Row]:
        """Links one by one, page after page; those that `source` pays and those that pay `target` without a search. as_of: in
        force on this date."""
        fields = self._reading(graph, filter=filter, source=source, target=target, as_of=as_of, page_size=page_size)
        request = values.build(graph_service_pb2.ListLinksRequest, fields)
        return (values.record(link) for page in self._pages(self._graphs.ListLinks, request) for link in page.links)

    def list_regions(self, filter: str | None = None, *, graph: str | None = None, page_size: int = 1000) -> Iterator[Row]:
        """Regions one by one, by code."""
        name = graph or self.graph
        request = graph_service_pb2.ListRegionsRequest(
            graph=name, filter=filter or "", page_size=page_size, consistency=self._consistency(name)
        )
        return (values.whole(region) for page in self._pages(self._graphs.ListRegions, request) for region in page.regions)

    def list_lines(self, *, graph: str | None = None, page_size: int = 1000) -> Iterator[Row]:
        """Lines one by one, by region and year."""
        name = graph or self.graph
        request = graph_service_pb2.ListLinesRequest(
            graph=name, page_size=page_size, consistency=self._consistency(name)
        )
        return (values.record(line) for page in self._pages(self._graphs.ListLines, request) for line in page.lines)

    # Writes.

    def mutate(
        self,
        *writes: mutations.Mutation,
        preconditions: Iterable[mutations.Precondition] = (),
        request_id: str | None = None,
        graph: str | None = None,
    ) -> mutations.Mutated:
        """Applies writes: all of them or none, as one revision, on disk when it answers. request_id makes retries safe."""
        name = graph or self.graph
        request = graph_service_pb2.MutateRequest(
            graph=name, mutations=writes, preconditions=preconditions, request_id=request_id or ""
        )
        answer = self._call(self._graphs.Mutate, request)
        self._wrote(name, answer.revision)
        time_ = answer.commit_time.ToDatetime(tzinfo=datetime.UTC)
        return mutations.Mutated(answer.revision, list(answer.link_ids), time_, answer.replayed)

    def import_data(
        self,
        *,
        nodes: loading.Rows | None = None,
        links: loading.Rows | None = None,
        regions: loading.Rows | None = None,
        lines: loading.Rows | None = None,
        on_existing: str = "error",
        collect_bad_rows: bool = False,
        max_bad_rows: int | None = None,
        request_id: str | None = None,
        graph: str | None = None,
        timeout: float | None = None,
        rows_sent: Callable[[int], None] | None = None,
    ) -> loading.Imported:
        """Loads tables: all of their rows become visible at once, or none. `import_` is the same under another name.

        Each is a DataFrame or dicts, with the columns of the CSV files (`prop:NAME` for free properties); empty, None and NaN
        cells are not given. on_existing: "error" or "update", for ids that are there. collect_bad_rows: load the good rows and
        answer with the bad ones, of which more than max_bad_rows end the load. The graph is made when it is not there.
        rows_sent: told how many rows were sent, now and then.
        """
        name = graph or self.graph
        options = values.build(
            transfer_pb2.ImportOptions,
            {
                "graph": name,
                "on_existing": on_existing,
                "collect_bad_rows": collect_bad_rows,
                "max_bad_rows": max_bad_rows,
                "request_id": request_id,
            },
        )
        tables = {"nodes": nodes, "links": links, "regions": regions, "lines": lines}
        answer = self._send(loading.requests(options, tables, rows_sent), timeout or self.timeout)
        self._wrote(name, answer.revision)
        return loading.imported(answer)

    import_ = import_data

    def _send(self, requests: Iterator[transfer_pb2.ImportRequest], timeout: float | None) -> transfer_pb2.ImportResponse:
        failure: list[BaseException] = []

        def guarded() -> Iterator[transfer_pb2.ImportRequest]:
            # gRPC draws requests in a thread of its own, where an error would be lost. A stream that ends without its end
            # applies nothing, so a row that cannot be sent just ends it.
            try:
                yield from requests
            except BaseException as error:
                failure.append(error)

        try:
            answer = self._graphs.Import(guarded(), timeout=timeout)
        except grpc.RpcError as error:
            raise (failure[0] if failure else errors.from_rpc(error)) from None
        if failure:
            raise failure[0]
        return answer

    # Whole graphs.

    def export(self, directory: str | pathlib.Path | None = None, *, graph: str | None = None) -> unloading.Tables:
        """All of a graph at one revision as DataFrames, which `import_data` takes again; also as CSV files in `directory`."""
        name = graph or self.graph
        found: dict[str, list[Any]] = {"regions": [], "lines": [], "nodes": [], "links": []}
        revision = 0
        for message in self._export(name):
            revision = message.revision
            for kind, rows in found.items():
                rows.extend(getattr(message, kind))
        classes = {"regions": graph_pb2.Region, "lines": graph_pb2.Line, "nodes": graph_pb2.Node, "links": graph_pb2.Link}
        frames = {kind: unloading.to_frame(classes[kind], rows) for kind, rows in found.items()}
        tables = unloading.Tables(revision=revision, **frames)
        if directory is not None:
            tables.write(directory)
        return tables

    def to_networkx(self, *, directed: bool = True, graph: str | None = None):
        """The graph as networkx.MultiDiGraph, or MultiGraph when not directed."""
        tables = self.export(graph=graph)
        return convert.to_networkx(tables.nodes, tables.links, directed=directed)

    def to_igraph(self, *, directed: bool = True, graph: str | None = None):
        """The graph as igraph.Graph."""
        tables = self.export(graph=graph)
        return convert.to_igraph(tables.nodes, tables.links, directed=directed)

    def _export(self, graph: str) -> Iterator[transfer_pb2.ExportResponse]:
        request = transfer_pb2.ExportRequest(graph=graph, consistency=self._consistency(graph))
        for attempt in range(_RESUMES + 1):
            try:
                for message in self._graphs.Export(request, timeout=self.timeout):
                    yield message
                    request = transfer_pb2.ExportRequest(graph=graph, resume_token=message.resume_token)
                return
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE or not request.resume_token or attempt == _RESUMES:
                    raise errors.from_rpc(error) from None
                time.sleep(0.1 * 2**attempt)

    # Shared.

    def _call(self, method: Any, request: Any) -> Any:
        return connection.unary(method, request, self.timeout)

    def _pages(self, method: Any, request: Any) -> Iterator[Any]:
        while True:
            page = self._call(method, request)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def _reading(self, graph: str | None, **fields: Any) -> dict[str, Any]:
        name = graph or self.graph
        return {"graph": name, "consistency": self._consistency(name), **fields}

    def _wrote(self, graph: str, revision: int) -> None:
        self._written[graph] = max(revision, self._written.get(graph, 0))

    def _consistency(
        self, graph: str, latest: bool | None = None, revision: int | None = None
    ) -> frame_pb2.Consistency | None:
        if revision is not None:
            return frame_pb2.Consistency(exact_revision=revision)
        if latest:
            return frame_pb2.Consistency(latest=True)
        if graph in self._written:
            return frame_pb2.Consistency(at_least_revision=self._written[graph])
        return None
