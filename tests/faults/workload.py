"""The clients: writers that share one graph, each with elements of its own, and an operator that makes, loads, changes and
deletes whole graphs."""

from __future__ import annotations

import pathlib
import random
import threading
import time

import grpc
import lianjie
from journal import ACKNOWLEDGED, IN_DOUBT, REFUSALS, REFUSED, Key, Operation, State, Stream
from lianjie.v1 import admin_service_pb2, admin_service_pb2_grpc, graph_pb2, transfer_pb2

SHARED = "shared"
BULK = "bulk"  # a graph that nobody writes to, too large to be read whole each time
GROUPS = 10
DATES = [f"2020-01-{day:02}" for day in range(1, 29)]


def connect(address: str, graph: str = SHARED) -> lianjie.Client:
    return lianjie.connect(address, graph, timeout=30, progress=False)


def perform(stream: Stream, operation: Operation, client) -> Operation:
    """Sends an operation and enters its outcome into the journal."""
    try:
        operation.revision, replayed = operation.send(client)
        operation.outcome = ACKNOWLEDGED
        if replayed:
            stream.findings.wrong += 1
            stream.findings.notes.append(f"{stream.name}: {operation.text} is new, and was answered as a replay")
    except lianjie.LianjieError as error:
        operation.answer = error.reason or error.code
        operation.outcome = REFUSED if error.code in REFUSALS else IN_DOUBT
    except ValueError:  # the channel was closed under the call
        operation.outcome = IN_DOUBT
    stream.record(operation)
    return operation


class Client:
    """What writers and the operator have in common: a stream, and a source of its next operations."""

    def __init__(self, stream: Stream, seed: str):
        self.stream = stream
        self.rng = random.Random(seed)

    def next(self) -> Operation:
        raise NotImplementedError

    def run(self, address: str, stop: threading.Event, most: int | None = None) -> None:
        """Until told to stop, or an answer does not come."""
        try:
            client = connect(address)
        except lianjie.LianjieError:
            return
        with client:
            done = 0
            while not stop.is_set() and (most is None or done < most):
                operation = perform(self.stream, self.next(), client)
                done += 1
                if operation.outcome == IN_DOUBT:
                    return
                if operation.answer == "DISK_FULL":
                    time.sleep(0.02)

    def again(self, client) -> None:
        """A request that was acknowledged gets the same answer again, and writes nothing."""
        last = self.stream.last
        if last is None:
            return
        try:
            revision, replayed = last.send(client)
        except lianjie.LianjieError as error:
            self.stream.findings.lost += 1
            self.stream.findings.notes.append(f"{self.stream.name}: {last.text} is refused when it is sent again: {error}")
            return
        if not replayed or revision != last.revision:
            self.stream.findings.lost += 1
            self.stream.findings.notes.append(
                f"{self.stream.name}: {last.text}, sent again: replayed {replayed}, revision {revision}, at first {last.revision}"
            )


class Writer(Client):
    """Batches on groups of elements in the shared graph. `keeps`: request ids are known for as long as the chain lasts."""

    def __init__(self, stream: Stream, seed: str, keeps: bool = True):
        super().__init__(stream, seed)
        self._keeps = keeps
        # What may be done next follows from the journal, so that a run can go on from any state.
        self._choices = [
            (self._create, 6), (self._update, 6), (self._delete, 3), (self._replace, 2), (self._guarded, 2), (self._refused, 1),
            (self._broken, 1), (self._reused, 1), (self._large, 0.3),
        ]  # fmt: skip

    def next(self) -> Operation:
        self.stream.count += 1
        groups = self._groups()
        while True:
            make = self.rng.choices([c for c, _ in self._choices], [w for _, w in self._choices])[0]
            operation = make(groups)
            if operation is not None:
                return operation

    def _groups(self) -> dict[str, list[Key]]:
        groups: dict[str, list[Key]] = {}
        for key in self.stream.state:
            groups.setdefault(key[2].split(":")[1], []).append(key)
        return groups

    def _value(self, pad: int = 40) -> str:
        return f"{self.stream.count} {'x' * self.rng.randint(0, pad)}".strip()

    def _id(self, group: str, element: str) -> str:
        return f"{self.stream.name}:{group}:{element}"

    def _batch(self, text: str, writes: list[tuple[object, Key, str | None]], conditions=(), refusal: str | None = None) -> Operation:
        request = f"{self.stream.name}-{self.stream.count}" if self.rng.random() < 0.7 else ""
        mutations = [mutation for mutation, _, _ in writes if mutation is not None]

        def send(client) -> tuple[int, bool]:
            answer = client.mutate(*mutations, preconditions=list(conditions), request_id=request or None)
            return answer.revision, answer.replayed

        changes = {key: value for _, key, value in writes}
        return Operation(f"batch {self.stream.count} ({text})", send, changes, refusal, request, counts=SHARED)

    def _making(self, group: str, size: int, value: str) -> list[tuple[object, Key, str | None]]:
        ids = [self._id(group, f"n{i}") for i in range(size)]
        writes = [(lianjie.create_node(id, name=value), (SHARED, "node", id), value) for id in ids]
        for i in range(1, size):
            link = self._id(group, f"l{i}")
            mutation = lianjie.create_link(ids[i - 1], ids[i], link, product=value)
            writes.append((mutation, (SHARED, "link", link), value))
        return writes

    def _removing(self, keys: list[Key]) -> list[tuple[object, Key, str | None]]:
        """With cascade the links have no mutation of their own."""
        cascade = self.rng.random() < 0.3
        links = [key for key in keys if key[1] == "link"]
        nodes = [key for key in keys if key[1] == "node"]
        writes = [(None if cascade else lianjie.delete_link(key[2]), key, None) for key in links]
        return writes + [(lianjie.delete_node(key[2], cascade=cascade), key, None) for key in nodes]

    def _setting(self, keys: list[Key], value: str) -> list[tuple[object, Key, str | None]]:
        return [
            (lianjie.update_node(key[2], name=value) if key[1] == "node" else lianjie.update_link(key[2], product=value), key, value)
            for key in keys
        ]

    def _free(self, groups: dict) -> str | None:
        free = [f"g{i}" for i in range(GROUPS) if f"g{i}" not in groups]
        return self.rng.choice(free) if free else None

    def _create(self, groups: dict) -> Operation | None:
        group = self._free(groups)
        return group and self._batch(f"create {group}", self._making(group, self.rng.randint(2, 8), self._value()))

    def _large(self, groups: dict) -> Operation | None:
        group = self._free(groups)
        return group and self._batch(f"create large {group}", self._making(group, 250, self._value(400)))

    def _update(self, groups: dict) -> Operation | None:
        if not groups:
            return None
        group = self.rng.choice(sorted(groups))
        return self._batch(f"update {group}", self._setting(groups[group], self._value()))

    def _delete(self, groups: dict) -> Operation | None:
        if not groups:
            return None
        group = self.rng.choice(sorted(groups))
        return self._batch(f"delete {group}", self._removing(groups[group]))

    def _replace(self, groups: dict) -> Operation | None:
        new = self._free(groups)
        if not groups or new is None:
            return None
        old = self.rng.choice(sorted(groups))
        writes = self._removing(groups[old]) + self._making(new, self.rng.randint(2, 8), self._value())
        return self._batch(f"replace {old} by {new}", writes)

    def _guarded(self, groups: dict) -> Operation | None:
        nodes = sorted(key for key in self.stream.state if key[1] == "node")
        if not nodes:
            return None
        key = self.rng.choice(nodes)
        group = key[2].split(":")[1]
        condition = lianjie.field_equals("name", self.stream.state[key], node=key[2])
        return self._batch(f"update {group} if {key[2]} is as known", self._setting(groups[group], self._value()), [condition])

    def _refused(self, groups: dict) -> Operation | None:
        if not groups:
            return None
        group = self.rng.choice(sorted(groups))
        node = self._id(group, "n0")
        condition = self.rng.choice(
            [lianjie.node_absent(node), lianjie.field_equals("name", "-1 never", node=node), lianjie.graph_revision_equals(2**40)]
        )
        writes = self._setting(groups[group], self._value())
        return self._batch(f"update {group} on a false condition", writes, [condition], "PRECONDITION_FAILED")

    def _broken(self, groups: dict) -> Operation | None:
        new = self._free(groups)
        if not groups or new is None:
            return None
        node = self._id(self.rng.choice(sorted(groups)), "n0")
        writes = self._making(new, 4, self._value())
        writes.append((lianjie.create_node(node, name="-1"), (SHARED, "node", node), "-1"))
        return self._batch(f"create {new} and a node that exists", writes, (), "NODE_EXISTS")

    def _reused(self, groups: dict) -> Operation | None:
        new = self._free(groups)
        if self.stream.last is None or new is None or not self._keeps:
            return None
        operation = self._batch(f"create {new} under a used request id", self._making(new, 3, self._value()), (), "REQUEST_ID_REUSED")
        mutations = [mutation for mutation, _, _ in self._making(new, 3, self._value())]
        used = self.stream.last.request_id

        def send(client) -> tuple[int, bool]:
            return client.mutate(*mutations, request_id=used).revision, False

        operation.send, operation.request_id = send, ""
        return operation


class Operator(Client):
    """Whole graphs: their state is that of all keys under their names. And backups, where it has a folder for them."""

    NAMES = ("side-a", "side-b", "side-c")

    def __init__(self, stream: Stream, seed: str, folder: pathlib.Path | None = None):
        super().__init__(stream, seed)
        self.folder = folder
        self.backup: str | None = None  # the last that was acknowledged

    def next(self) -> Operation:
        self.stream.count += 1
        if self.folder is not None and self.rng.random() < 0.1:
            return self._backup()
        name = self.rng.choice(self.NAMES)
        value = self.stream.state.get((name, "graph", ""))
        if value is None:
            return self.rng.choice([self._create, self._load, self._load])(name, 0, "")
        revision, _, date = value.partition(" ")
        make = self.rng.choice([self._load, self._load, self._load, self._date, self._date, self._bad_load, self._delete])
        return make(name, int(revision), date)

    def _backup(self) -> Operation:
        def send(client) -> tuple[int, bool]:
            stub = admin_service_pb2_grpc.AdminServiceStub(client.channel)
            folder, kept = str(self.folder), self.backup
            try:
                for old in stub.ListBackups(admin_service_pb2.ListBackupsRequest(folder=folder), timeout=30).backups:
                    if old.id != kept:
                        stub.DeleteBackup(admin_service_pb2.DeleteBackupRequest(folder=folder, id=old.id), timeout=30)
                *_, last = stub.CreateBackup(admin_service_pb2.CreateBackupRequest(folder=folder), timeout=30)
            except grpc.RpcError as error:
                raise lianjie.errors.from_rpc(error) from None
            self.backup = last.backup.id
            return 0, False

        return Operation(f"backup {self.stream.count}", send, {})

    def _create(self, name: str, _revision: int, _date: str) -> Operation:
        def send(client) -> tuple[int, bool]:
            return client.create_graph(name)["revision"], False

        return Operation(f"create graph {name}", send, {(name, "graph", ""): "0 "})

    def _delete(self, name: str, _revision: int, _date: str) -> Operation:
        def send(client) -> tuple[int, bool]:
            client.delete_graph(name)
            return 0, False

        return Operation(f"delete graph {name}", send, {key: None for key in self.stream.state if key[0] == name})

    def _date(self, name: str, revision: int, _date: str) -> Operation:
        date = self.rng.choice(DATES)

        def send(client) -> tuple[int, bool]:
            return client.update_graph(name, reference_date=date)["revision"], False

        return Operation(f"set the date of {name}", send, {(name, "graph", ""): f"{revision + 1} {date}"})

    def _rows(self, name: str) -> tuple[list[dict], list[dict], dict[Key, str | None]]:
        """Rows of which some are new and some are there."""
        value = f"{self.stream.count} {'y' * self.rng.randint(0, 100)}".strip()
        first, size = self.rng.randint(0, 300), self.rng.choice([20, 200, 1200])
        ids = [f"{name}:{row}" for row in range(first, first + size)]
        nodes = [{"id": id, "name": value} for id in ids]
        links = [
            {"id": f"{ids[row]}>", "source": ids[row], "target": ids[row + 1], "product": value} for row in range(size - 1)
        ]
        changes: dict[Key, str | None] = {(name, "node", id): value for id in ids}
        changes |= {(name, "link", link["id"]): value for link in links}
        return nodes, links, changes

    def _load(self, name: str, revision: int, date: str) -> Operation:
        nodes, links, changes = self._rows(name)
        request = f"load-{self.stream.count}"

        def send(client) -> tuple[int, bool]:
            answer = load(client, name, nodes, links, request)
            return answer.revision, answer.replayed

        changes[(name, "graph", "")] = f"{revision + 1} {date}"
        operation = Operation(f"load {request} into {name}", send, changes)
        return operation

    def _bad_load(self, name: str, _revision: int, _date: str) -> Operation:
        nodes, links, changes = self._rows(name)
        links.append({"source": nodes[0]["id"], "target": "nowhere"})

        def send(client) -> tuple[int, bool]:
            return load(client, name, nodes, links, "").revision, False

        return Operation(f"load a link without an end into {name}", send, changes, "NODE_NOT_FOUND")


def load(client, name: str, nodes: list[dict], links: list[dict], request: str) -> transfer_pb2.ImportResponse:
    """A load in one chunk of each kind."""
    options = transfer_pb2.ImportOptions(graph=name, on_existing=transfer_pb2.ON_EXISTING_UPDATE, request_id=request)
    chunks = [
        transfer_pb2.ImportChunk(nodes=[graph_pb2.Node(**row) for row in nodes]),
        transfer_pb2.ImportChunk(links=[graph_pb2.Link(**row) for row in links]),
    ]
    requests = [transfer_pb2.ImportRequest(options=options), *(transfer_pb2.ImportRequest(chunk=chunk) for chunk in chunks)]
    requests.append(transfer_pb2.ImportRequest(end=transfer_pb2.ImportEnd(row_count=len(nodes) + len(links))))
    return client._send(iter(requests), 30)


def read_all(client) -> tuple[dict[str, State], dict[str, int]]:
    """Everything that clients write, by graph; and the graphs' revisions."""
    found: dict[str, State] = {}
    revisions: dict[str, int] = {}
    for graph in client.graphs():
        name = graph["name"]
        if name == BULK:
            continue
        revisions[name] = graph.get("revision", 0)
        date = "" if graph.get("reference_date_is_default") else str(graph.get("reference_date", ""))
        state: State = {(name, "graph", ""): f"{revisions[name]} {date}"}
        for message in client._export(name):
            state |= {(name, "node", node.id): node.name for node in message.nodes}
            state |= {(name, "link", link.id): link.product for link in message.links}
        found[name] = state
    return found, revisions
