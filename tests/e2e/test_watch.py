"""The change feed through the API: whole and in order however often it is cut, filtered, and ended when it must end."""

import random
import threading
import time

import grpc
import harness
import lianjie
import pytest
import wire
from lianjie import values
from lianjie.v1 import graph_service_pb2_grpc, transfer_pb2
from relay import Relay

WATCH = "/lianjie.v1.GraphService/Watch"


def key_of(element, row):
    return (row.get("region", ""), row["year"]) if element == "line" else row["code" if element == "region" else "id"]


class Replica:
    """A graph as its events tell it; an event that does not follow on what came before fails. Events wait for the checkpoint
    behind them, and are dropped where the stream ends before it."""

    def __init__(self):
        self.rows = {"node": {}, "link": {}, "region": {}, "line": {}}
        self.revision = 0
        self.waiting = []

    def take(self, event: lianjie.Event):
        assert event.revision >= self.revision, "events run back"
        if event.kind != "checkpoint":
            assert event.revision > self.revision, f"{event} came twice"
            self.waiting.append(event)
            return
        for event_ in self.waiting:
            self.apply(event_)
        self.waiting.clear()
        self.revision = event.revision

    def apply(self, event):
        if event.element is None:
            return
        rows = self.rows[event.element]
        key = key_of(event.element, event.before or event.after)
        assert rows.get(key) == event.before, f"{event} does not follow on {rows.get(key)}"
        if event.after is None:
            del rows[key]
        else:
            rows[key] = event.after


def contents(client):
    """What the store itself says."""
    rows = {"node": {}, "link": {}, "region": {}, "line": {}}
    stub = graph_service_pb2_grpc.GraphServiceStub(client.channel)
    for part in stub.Export(transfer_pb2.ExportRequest(graph=client.graph, consistency={"latest": True})):
        for element in rows:
            for row in getattr(part, f"{element}s"):
                fields = values.record(row)
                rows[element][key_of(element, fields)] = fields
    return rows


def newest(client):
    return next(graph["revision"] for graph in client.graphs() if graph["name"] == client.graph)


class Writer(threading.Thread):
    """Random commits for as long as it is let; goes to wherever the server is. What ends without an answer is sent again, with
    its request id, where the server is then."""

    def __init__(self, address, graph):
        super().__init__()
        self.address, self.graph, self.commits, self.failure = address, graph, 0, None
        self.in_doubt, self.clients = 0, {}
        self.stopping = threading.Event()

    def run(self):
        try:
            self.write()
        except BaseException as error:
            self.failure = error

    def write(self):
        chance = random.Random(11)
        nodes = set()
        while not self.stopping.is_set():
            writes = []
            for _ in range(chance.randint(1, 5)):
                node = f"N{chance.randint(0, 40)}"
                what = chance.random()
                if what < 0.4 or len(nodes) < 2:
                    writes.append(lianjie.upsert_node(node, region=chance.choice(["52", "5201"]), name=str(self.commits)))
                    nodes.add(node)
                elif what < 0.8:
                    ends = chance.sample(sorted(nodes), 2)
                    link = {"source": ends[0], "target": ends[1], "mechanism": "SUPPLY", "paid_yuan": self.commits}
                    writes.append(lianjie.upsert_link(f"L{chance.randint(0, 60)}", **link))
                elif what < 0.9 and node in nodes:
                    writes.append(lianjie.delete_node(node, cascade=True))
                    nodes.discard(node)
                else:
                    writes.append(lianjie.upsert_line(region="5201", year=2000 + chance.randint(0, 5), line_yuan=self.commits))
            self.send(writes)
            self.commits += 1
            if chance.random() < 0.02:
                date = f"2020-01-{chance.randint(1, 28):02}"
                self.until_answered(lambda client: client.update_graph(reference_date=date))

    def send(self, writes):
        self.until_answered(lambda client: client.mutate(*writes, request_id=f"commit-{self.commits}"))

    def until_answered(self, call):
        while True:
            address = self.address
            try:
                if address not in self.clients:
                    self.clients[address] = lianjie.connect(address, self.graph, timeout=20)
                return call(self.clients[address])
            except lianjie.LianjieError as error:
                if error.code not in ("UNAVAILABLE", "CANCELLED") or self.stopping.is_set():
                    raise
                self.in_doubt += 1
                assert harness.wait_until(lambda: self.address != address, 60), "the server does not come back"


def test_a_watch_that_is_cut_a_hundred_times_misses_nothing_and_repeats_nothing(tmp_path):
    """Cut by cancelling the call, by breaking the connection, and by killing the server, while others write; with an orderly
    restart. What is compared at the end is every row, which is more than the digest of them."""
    chance = random.Random(3)
    server = harness.Server(tmp_path / "store")
    relay = Relay(server.address)
    with server.client("g") as client:
        client.create_graph("g")
        client.mutate(lianjie.upsert_region("52", level=1), lianjie.upsert_region("5201", parent="52", level=2))
    writer = Writer(server.address, "g")
    writer.start()
    replica, cuts = Replica(), {"call": 0, "connection": 0, "server": 0}
    restarts = {15: "kill", 35: "kill", 50: "stop", 65: "kill", 85: "kill"}
    watcher = lianjie.connect(relay.address, "g")
    watch = watcher.watch(0, checkpoints=True, heartbeat=0.2)
    amid, until_cut = 0, 0
    try:
        while sum(cuts.values()) < 100:
            replica.take(next(watch))
            until_cut -= 1
            if until_cut > 0:
                continue
            until_cut = chance.randint(1, 60)
            if how := restarts.pop(sum(cuts.values()), None):
                before = writer.commits
                if how == "kill":
                    assert harness.wait_until(lambda before=before: writer.commits > before, 20)  # it is under load
                    server.kill()
                else:
                    assert server.stop() == harness.DONE
                server = harness.Server(tmp_path / "store")
                relay.target = writer.address = server.address
                cuts["server"] += 1
            elif chance.random() < 0.5:
                cuts["connection"] += relay.cut() > 0
            else:
                cuts["call"] += 1
                amid += bool(replica.waiting)
                watch.close()
                replica.waiting.clear()
                watch = watcher.watch(replica.revision, checkpoints=True, heartbeat=0.2)
        writer.stopping.set()
        writer.join()
        assert writer.failure is None, writer.failure
        with server.client("g") as client:
            while replica.revision < newest(client):
                replica.take(next(watch))
            rows = contents(client)
        assert replica.rows == rows
        assert amid > 0
        print(
            f"{cuts['call']} calls ({amid} amid a revision) and {cuts['connection']} connections cut, {cuts['server']} restarts, most by"
            f" a kill under load, {writer.commits} commits, {writer.in_doubt} answers lost: {len(rows['node'])} nodes and {len(rows['link'])} links are the store's"
        )
    finally:
        writer.stopping.set()
        writer.join()
        watch.close()
        watcher.close()
        relay.listener.close()
        server.stop()


@pytest.fixture
def tree(client):
    """A graph with two counties, and a function that gives the events of a watch of all of it so far."""
    client.create_graph(client.graph)
    client.mutate(
        lianjie.upsert_region("52", level=1),
        lianjie.upsert_region("5201", parent="52", level=2),
        lianjie.upsert_region("5202", parent="52", level=2),
    )

    def events(after=0, **filters):
        found, end = [], newest(client)
        with client.watch(after, checkpoints=True, **filters) as watch:
            for event in watch:
                if event.kind != "checkpoint":
                    found.append(event)
                elif event.revision >= end:
                    return found

    return client, events


def ids(events):
    return [(event.kind, key_of(event.element, event.after or event.before)) for event in events]


def test_a_region_shows_what_changes_in_it_as_it_was_then(tree):
    client, events = tree
    start = newest(client)
    client.mutate(lianjie.create_node("A", region="5201"), lianjie.create_node("B", region="5202"))
    client.mutate(lianjie.create_node("C"), lianjie.create_node("D"))
    client.mutate(lianjie.create_link("A", "C", id="L1", mechanism="SUPPLY"))
    client.mutate(lianjie.create_link("B", "D", id="L2", mechanism="SUPPLY"))
    client.mutate(lianjie.create_link("D", "A", id="L3", mechanism="SUPPLY"))
    client.mutate(lianjie.upsert_line(region="5201", year=2020, line_yuan=1.0), lianjie.upsert_line(year=2020, line_yuan=1.0))
    client.mutate(lianjie.update_node("A", region="5202"))  # leaves; its links do not change
    client.mutate(lianjie.update_link("L1", paid_yuan=1))
    client.mutate(lianjie.delete_node("A", cascade=True))
    client.mutate(lianjie.upsert_region("520101", parent="5201", level=3), lianjie.create_node("E", region="520101"))
    left = [("created", "A"), ("created", "L1"), ("created", "L3"), ("created", ("5201", 2020)), ("changed", "A")]
    assert ids(events(start, region="5201")) == [*left, ("created", "520101"), ("created", "E")]
    entered = [("changed", "A"), ("changed", "L1"), ("deleted", "L1"), ("deleted", "L3"), ("deleted", "A")]
    assert ids(events(start, region="5202")) == [("created", "B"), ("created", "L2"), *entered]
    everything = ids(events(start, region="52"))
    assert ("created", "E") in everything and ("created", "C") not in everything
    with pytest.raises(lianjie.LianjieError) as refused:
        events(start, region="99")
    assert (refused.value.code, refused.value.reason) == ("NOT_FOUND", "REGION_NOT_FOUND")


def test_kinds_are_told_apart(tree):
    client, events = tree
    start = newest(client)
    client.mutate(lianjie.create_node("H", kind="HOUSEHOLD"), lianjie.create_node("F", kind="FIRM"))
    client.mutate(
        lianjie.create_link("F", "H", id="O", mechanism="ORDER"), lianjie.create_link("F", "H", id="E", mechanism="EMPLOYMENT")
    )
    client.mutate(lianjie.upsert_line(year=2020, line_yuan=1.0))
    client.update_graph(reference_date="2020-01-01")
    settings = [("settings", None)]
    told = lambda **filters: [  # noqa: E731
        (event.kind, (event.after or {}).get("id") or event.element) for event in events(start, **filters)
    ]
    assert told(kinds="node") == [("created", "H"), ("created", "F"), *settings]
    assert told(kinds=["household"]) == [("created", "H"), *settings]
    assert told(kinds=["FIRM", "ORDER"]) == [("created", "F"), ("created", "O"), *settings]
    assert told(kinds=["link", "line"]) == [("created", "O"), ("created", "E"), ("created", "line"), *settings]
    with pytest.raises(lianjie.LianjieError, match="did you mean 'HOUSEHOLD'"):
        client.watch(0, kinds=["HOUSEHOULD"])


def test_a_load_is_an_event_and_checkpoints_come_though_nothing_passes(tree):
    client, events = tree
    start = newest(client)
    client.mutate(lianjie.create_node("A"))
    client.import_data(nodes=[{"id": "B"}])
    client.mutate(lianjie.create_node("C"))
    assert [event.kind for event in events(start)] == ["created", "reloaded", "created"]
    with client.watch(start, kinds="line", checkpoints=True, heartbeat=0.1) as watch:
        seen = [next(watch) for _ in range(3)]
        assert [event.kind for event in seen] == ["reloaded", "checkpoint", "checkpoint"]
        assert seen[-1].revision == newest(client)
        begin = time.monotonic()
        beats = [next(watch) for _ in range(5)]  # while nothing happens
        assert {event.kind for event in beats} == {"checkpoint"} and 0.3 < time.monotonic() - begin < 5
        made = client.mutate(lianjie.create_node("D")).revision
        assert any(next(watch).revision == made for _ in range(10)), "no checkpoint for what did not pass"


def test_what_is_no_longer_kept_or_not_there_yet_is_refused(tmp_path):
    with harness.Server(tmp_path / "store", "--retention", "0") as server, server.client("g") as client:
        client.create_graph("g")
        for name in "ABC":
            client.mutate(lianjie.create_node(name))

        def refusal(after):
            return wire.send(client.channel, WATCH, transfer_pb2.WatchRequest(graph="g", after_revision=after))

        assert harness.wait_until(lambda: client.graphs()[0].get("oldest_revision") == 3)
        for after in (0, 2, 4, -1):
            refused = refusal(after)
            assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "REVISION_UNAVAILABLE")
            assert refused.metadata["oldest"] == "3" and refused.metadata["newest"] == "3"
        bad = transfer_pb2.WatchRequest(graph="g", after_revision=3, heartbeat={"seconds": 100})
        assert wire.send(client.channel, WATCH, bad).fields == ["heartbeat"]
        bad = transfer_pb2.WatchRequest(graph="g", after_revision=3, node_kinds=[99])
        assert wire.send(client.channel, WATCH, bad).fields == ["node_kinds"]


def test_a_deleted_graph_ends_its_watches_though_another_takes_its_name(client):
    client.create_graph(client.graph)
    for again in (False, True):
        client.mutate(lianjie.create_node("A"))
        watch = client.watch(0, checkpoints=True)
        assert next(watch).kind == "created"
        client.delete_graph(client.graph)
        if again:
            client.create_graph(client.graph)
        with pytest.raises(lianjie.LianjieError) as ended:
            for event in watch:
                assert event.kind == "checkpoint"
        assert (ended.value.code, ended.value.reason) == ("NOT_FOUND", "GRAPH_NOT_FOUND")
        if not again:
            client.create_graph(client.graph)


def test_watches_are_bounded_and_cost_no_thread(tmp_path):
    with harness.Server(tmp_path / "store") as server, server.client("g") as client:
        client.create_graph("g")
        request = transfer_pb2.WatchRequest(graph="g", heartbeat={"seconds": 60})
        stub = graph_service_pb2_grpc.GraphServiceStub(client.channel)
        threads = lambda: len(list((harness.pathlib.Path("/proc") / str(server.pid) / "task").iterdir()))  # noqa: E731
        first = stub.Watch(request)
        assert next(first).checkpoint
        before = threads()
        watches = [stub.Watch(request) for _ in range(255)]
        for watch in watches:
            assert next(watch).checkpoint
        assert threads() - before < 20
        refused = wire.send(client.channel, WATCH, request)
        assert (refused.code, refused.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_EXCEEDED")
        assert refused.metadata["limit"] == "watches" and refused.metadata["value"] == "256"
        server.wait_for_quiet()
        begin = time.monotonic()
        client.mutate(lianjie.create_node("A"))
        for watch in watches:
            assert next(watch).change.after.node.id == "A"
        print(f"256 watches told of a commit within {1000 * (time.monotonic() - begin):.0f} ms")
        first.cancel()
        assert harness.wait_until(lambda: wire_started(stub, request)), "a watch that ended is still counted"
        begin = time.monotonic()
        assert server.stop() == harness.DONE
        assert time.monotonic() - begin < 4, "the shutdown waits for watches"
        for watch in watches:
            with pytest.raises(grpc.RpcError) as ended:
                list(watch)
            assert ended.value.code() == grpc.StatusCode.UNAVAILABLE


def wire_started(stub, request):
    watch = stub.Watch(request)
    try:
        next(watch)
        watch.cancel()
    except grpc.RpcError:
        return False
    return True
