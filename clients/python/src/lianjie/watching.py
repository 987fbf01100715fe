"""The change feed as an iterator that takes itself up again."""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import grpc

from . import descriptors, errors, values
from .v1 import graph_service_pb2, transfer_pb2, vocabulary_pb2

_LONGEST_PAUSE = 5.0


@dataclasses.dataclass(frozen=True)
class Event:
    """One event.

    kind: "created", "changed", "deleted", "reloaded" (a bulk load: read the graph anew), "settings" or "checkpoint" (nothing
    up to the revision is missing). element: "node", "link", "region" or "line". before, after: its fields that were and are given.
    """

    revision: int
    time: datetime.datetime
    kind: str
    element: str | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


def request(
    graph: str, after_revision: int, region: str | None, kinds: Iterable[str], heartbeat: float | None, graph_identity: str | None
) -> transfer_pb2.WatchRequest:
    """The request of a watch. LianjieError for a kind that is none."""
    message = transfer_pb2.WatchRequest(graph=graph, after_revision=after_revision, region=region or "")
    message.graph_identity = graph_identity or ""
    lists = (
        (transfer_pb2.ElementKind.DESCRIPTOR, message.elements),
        (vocabulary_pb2.NodeKind.DESCRIPTOR, message.node_kinds),
        (vocabulary_pb2.Mechanism.DESCRIPTOR, message.mechanisms),
    )
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        for enum, found in lists:
            number = descriptors.enum_numbers(enum).get(kind.upper())
            if number:
                found.append(number)
                break
        else:
            names = [name for enum, _ in lists for name in descriptors.enum_names(enum).values()]
            raise errors.bad_value(f"kinds: {kind!r} is none{errors.nearest(kind.upper(), names)}", field="kinds")
    if heartbeat is not None:
        message.heartbeat.FromTimedelta(datetime.timedelta(seconds=heartbeat))
    return message


def _event(message: transfer_pb2.WatchResponse) -> Event:
    time_ = message.commit_time.ToDatetime(tzinfo=datetime.UTC)
    what = message.WhichOneof("event")
    if what != "change":
        return Event(message.revision, time_, what)
    sides: dict[str, Any] = {}
    element = None
    for side in ("before", "after"):
        image = getattr(message.change, side)
        if (name := image.WhichOneof("element")) is not None:
            element, sides[side] = name, values.record(getattr(image, name))
    kind = "changed" if len(sides) == 2 else "created" if "after" in sides else "deleted"
    return Event(message.revision, time_, kind, element, **sides)


class Watch(Iterator[Event]):
    """An iterator of events. `revision`: all events up to it were yielded; another watch goes on from there, and with
    `graph_identity` in no other graph that took the name. For one thread; `close` may come from another."""

    def __init__(self, method: Any, first: transfer_pb2.WatchRequest, checkpoints: bool):
        self.revision = first.after_revision
        self._read_to = first.after_revision
        self._method = method
        self._request = first
        self._checkpoints = checkpoints
        self._ready: deque[Event] = deque()
        self._whole: list[Event] = []
        self._call: Any = None
        self._closed = False
        self._pause = 0.0

    def __next__(self) -> Event:
        while True:
            while not self._ready:
                if self._closed:
                    raise StopIteration
                self._read()
            event = self._ready.popleft()
            if event.kind != "checkpoint":
                return event
            self.revision = event.revision
            if self._checkpoints:
                return event

    @property
    def graph_identity(self) -> str | None:
        """Of the graph that is watched; None until something was read."""
        return self._request.graph_identity or None

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the watch; what was not read is dropped."""
        self._closed = True
        self._ready.clear()
        if self._call is not None:
            self._call.cancel()

    def _read(self) -> None:
        try:
            if self._call is None:
                time.sleep(self._pause)
                self._request.after_revision = self._read_to
                self._whole.clear()
                self._call = self._method(self._request)
                if self._closed:
                    self._call.cancel()
            message = next(self._call)
        except StopIteration:
            self._call = None
            return
        except grpc.RpcError as error:
            self._call = None
            if self._closed:
                return
            # A server that goes down cancels what reaches it last.
            if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                raise errors.from_rpc(error) from None
            self._pause = min(_LONGEST_PAUSE, 2 * self._pause or 0.1)
            return
        self._request.graph_identity = message.graph_identity
        event = _event(message)
        self._whole.append(event)
        if event.kind == "checkpoint":
            self._pause = 0.0
            self._read_to = event.revision
            self._ready.extend(self._whole)
            self._whole.clear()


class Watching:
    """The client's method for the change feed."""

    def watch(
        self,
        after_revision: int | None = None,
        *,
        region: str | None = None,
        kinds: Iterable[str] = (),
        heartbeat: float | None = None,
        checkpoints: bool = False,
        graph: str | None = None,
        graph_identity: str | None = None,
    ) -> Watch:
        """What changes, event by event, for as long as it is read: an iterator of `Event`, to be closed or used with `with`.

        after_revision: changes of later revisions than this one, 0 for all that are kept; None for what comes from now on.
        region: only changes in it or below; a link is in the regions of both its ends. kinds: only these, each "node", "link",
        "region" or "line", a kind of node as "HOUSEHOLD" or a mechanism as "ORDER". heartbeat: seconds after which the
        server gives a sign of life. checkpoints: also yield events of kind "checkpoint". A connection that breaks is made
        again and goes on where it was: a revision's events are yielded when all are there, none twice and none left out.
        graph_identity: that of an earlier watch; when another graph has the name now, it is GRAPH_NOT_FOUND.
        """
        name = graph or self.graph
        if after_revision is None:
            now = self._call(self._graphs.GetGraph, graph_service_pb2.GetGraphRequest(graph=name))
            after_revision = now.revision
        first = request(name, after_revision, region, kinds, heartbeat, graph_identity)
        return Watch(self._graphs.Watch, first, checkpoints)
