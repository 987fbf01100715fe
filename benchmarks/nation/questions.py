"""What is asked of the server: analyses of all of the graph, questions of one thing, and a change of one link in a hundred."""

from __future__ import annotations

import contextlib
import mmap
import pathlib
import threading
import time

import lianjie
import processes
from lianjie.v1 import analysis_pb2, analysis_service_pb2, frame_pb2, graph_pb2, graph_service_pb2
from google.protobuf.field_mask_pb2 import FieldMask

AS_OF = "2024-06-01"  # any day of 2024 to 2045 is the same in a made nation
BATCH = 1000
WARM = 5.0  # seconds, or 50 calls, before those of one kind are timed


def sample(table: pathlib.Path, count: int) -> list[list[str]]:
    """Cells of about so many rows of a CSV file, spread evenly over it."""
    rows = []
    with open(table, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        begin = text.find(b"\n") + 1
        step = max(1, (len(text) - begin) // count)
        for offset in range(begin, len(text), step):
            start = text.rfind(b"\n", 0, offset) + 1
            end = text.find(b"\n", start)
            rows.append(text[start : end if end >= 0 else len(text)].decode().split(","))
    return rows


class Answer:
    """How long an analysis took: the whole call, and by the server's own clock; of the better of two runs."""

    def __init__(self, client: lianjie.Client, name: str, **options):
        self.seconds = self.run_seconds = float("inf")
        for _ in range(2):
            begin = time.perf_counter()
            result = client.run(name, as_of=AS_OF, max_rows=1, **options)
            self.seconds = min(self.seconds, time.perf_counter() - begin)
            self.run_seconds = min(self.run_seconds, result.run_seconds)
            self.result = result
            if self.run_seconds > 60:
                break


def percentiles(call, arguments, calls: int, seconds: float) -> tuple[float, float, int]:
    """Milliseconds of the median call and of the slowest but one in a hundred, and how many were made: fewer than asked for where
    they would take longer than so many seconds."""
    end = time.perf_counter() + WARM
    for argument in arguments[-50:]:
        call(argument)
        if time.perf_counter() > end:
            break
    taken = []
    end = time.perf_counter() + seconds
    for number in range(calls):
        begin = time.perf_counter()
        call(arguments[number % len(arguments)])
        now = time.perf_counter()
        taken.append(now - begin)
        if now > end:
            break
    taken.sort()
    return 1e3 * taken[len(taken) // 2], 1e3 * taken[min(len(taken) - 1, len(taken) * 99 // 100)], len(taken)


class Questions:
    """Questions of one thing, sent as they are, past the client's conveniences, whose time is not the server's."""

    def __init__(self, client: lianjie.Client):
        self._analyses = client._analyses
        self._graphs = client._graphs
        self._graph = client.graph
        year, month, day = map(int, AS_OF.split("-"))
        self._frame = frame_pb2.Frame(graph=client.graph)
        self._frame.as_of.year, self._frame.as_of.month, self._frame.as_of.day = year, month, day

    def _run(self, analysis: analysis_pb2.Analysis, region: str = "", rows: int = 100) -> None:
        frame = frame_pb2.Frame()
        frame.CopyFrom(self._frame)
        frame.limits.max_rows = rows
        frame.filter.region = region
        for _ in self._analyses.Run(analysis_service_pb2.RunRequest(frame=frame, analysis=analysis)):
            pass

    def explain(self, household: str) -> None:
        analysis = analysis_pb2.Analysis()
        analysis.explain_benefit.node = household
        self._run(analysis)

    def page(self, node: str) -> None:
        """A node with the first links that it pays and is paid by."""
        self._graphs.GetNode(graph_service_pb2.GetNodeRequest(graph=self._graph, id=node))
        for ends in ({"source": node}, {"target": node}):
            self._graphs.ListLinks(graph_service_pb2.ListLinksRequest(graph=self._graph, page_size=100, **ends))

    def path(self, ends: tuple[str, str, str]) -> None:
        analysis = analysis_pb2.Analysis()
        analysis.shortest_path.source, analysis.shortest_path.target, direction = ends
        analysis.shortest_path.direction = graph_direction(direction)
        self._run(analysis)

    def left_out(self, region: str) -> None:
        analysis = analysis_pb2.Analysis()
        analysis.left_out.SetInParent()
        self._run(analysis, region)


def graph_direction(name: str) -> int:
    field = analysis_pb2.Analysis.DESCRIPTOR.fields_by_name["shortest_path"].message_type.fields_by_name["direction"]
    return field.enum_type.values_by_name[f"DIRECTION_{name}"].number


def change_links(client: lianjie.Client, links: list[list[str]]) -> float:
    """Sets what some links pay; gives the seconds that the writes took, building the messages not counted."""
    mask = FieldMask(paths=["paid_yuan"])
    taken = 0.0
    for first in range(0, len(links), BATCH):
        batch = [
            graph_service_pb2.Mutation(
                update_link=graph_service_pb2.UpdateLink(
                    link=graph_pb2.Link(id=cells[0], paid_yuan=float(number % 5000)), update_mask=mask
                )
            )
            for number, cells in enumerate(links[first : first + BATCH])
        ]
        begin = time.perf_counter()
        client.mutate(*batch)
        taken += time.perf_counter() - begin
    return taken


def quiet_after_cancel(server: processes.Server, client: lianjie.Client, name: str, after: float) -> float | None:
    """Seconds from the cancellation of a call until the server's threads rest; None where it was done before."""
    running = client.start(name, as_of=AS_OF, max_rows=1, progress=False)

    def read() -> None:
        with contextlib.suppress(lianjie.LianjieError):
            running.result()

    reader = threading.Thread(target=read)
    reader.start()
    reader.join(after)
    works = reader.is_alive()
    running.cancel()
    cancelled = last = time.perf_counter()
    used = server.cpu_seconds()
    while works and (now := time.perf_counter()) - cancelled < 2 and now - last < 0.3:
        time.sleep(0.002)
        if (more := server.cpu_seconds()) - used > 0.0005:
            last = time.perf_counter()
        used = more
    reader.join()
    return last - cancelled if works else None
