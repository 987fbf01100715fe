"""Concurrent clients against the real binary, in the manner of LDBC's ACID test suite (Waudby et al., "Towards Testing ACID
Compliance in the LDBC Social Network Benchmark", 2020): every anomaly that weaker isolation lets through has a workload that
would show it. Eight clients run all of them at once, and a watch looks at every single revision.

LIANJIE_ACID_SECONDS sets how long; 30 unless said otherwise.
"""

import collections
import os
import random
import threading
import time

import harness
import lianjie
from lianjie.v1 import graph_service_pb2, graph_service_pb2_grpc

CLIENTS = 8
SECONDS = float(os.environ.get("LIANJIE_ACID_SECONDS", "30"))
PAIRS, COUNTERS = 4, 4
REFUSED = ("PRECONDITION_FAILED", "NODE_EXISTS", "NODE_NOT_FOUND")


class Anomaly(AssertionError):
    pass


def check(holds, name, *what):
    if not holds:
        raise Anomaly(f"{name}: {what}")


class Session:
    """One client, with the reads that the workloads need at the consistency that they need."""

    def __init__(self, address, graph, number, tally):
        self.client = lianjie.connect(address, graph, timeout=30)
        self.graph = graph
        self.stub = graph_service_pb2_grpc.GraphServiceStub(self.client.channel)
        self.chance = random.Random(number)
        self.number, self.tally, self.transactions = number, tally, 0
        self.seen = 0  # the newest revision that this client has seen anything of

    def transaction(self):
        self.transactions += 1
        return f"{self.number}.{self.transactions}"

    def commit(self, kind, *writes, **options):
        """The revision, or None when the batch was refused."""
        self.tally[kind, "operations"] += 1
        try:
            revision = self.client.mutate(*writes, **options).revision
        except lianjie.LianjieError as error:
            if error.reason not in REFUSED:
                raise
            self.tally[kind, "refusals"] += 1
            return None
        self.tally[kind, "commits"] += 1
        return revision

    def nodes(self, kind, filter, **consistency):
        """Nodes by a filter, all of one revision, and the revision."""
        self.tally[kind, "operations"] += 1
        page = self.stub.ListNodes(
            graph_service_pb2.ListNodesRequest(
                graph=self.graph, filter=filter, page_size=1000, consistency=consistency or {"latest": True}
            )
        )
        assert not page.next_page_token
        return {node.id: dict(node.properties) for node in page.nodes}, page.revision

    def node(self, kind, id, **consistency):
        self.tally[kind, "operations"] += 1
        answer = self.stub.GetNode(
            graph_service_pb2.GetNodeRequest(graph=self.graph, id=id, consistency=consistency or {"latest": True})
        )
        return dict(answer.node.properties), answer.revision


def put(id, **properties):
    return lianjie.upsert_node(id, **{f"prop:{name}": str(value) for name, value in properties.items()})


def equals(id, name, value):
    return lianjie.field_equals(f"prop:{name}", value, node=id)


# Each workload is one short transaction or observation; what it must hold to is checked in it, or at every revision.


def dirty_write(s):
    """G0: two nodes and the link between them are written by whole transactions, never by parts of two."""
    mine = s.transaction()
    link = lianjie.upsert_link("g0-l", source="g0-a", target="g0-b", mechanism="SUPPLY", **{"prop:tx": mine})
    s.commit("G0", put("g0-a", tx=mine), link, put("g0-b", tx=mine))


def aborted_read(s):
    """G1a: what a refused batch wrote is never seen."""
    if s.chance.random() < 0.5:
        refused = s.commit("G1a", put("g1a", state="aborted"), lianjie.create_node("g1a"))
        check(refused is None, "G1a", "a batch was applied that creates what is there")
    else:
        found, _ = s.node("G1a", "g1a")
        check(found["state"] == "committed", "G1a", found)


def intermediate_read(s):
    """G1b: what a batch writes and writes over is never seen."""
    if s.chance.random() < 0.5:
        s.commit("G1b", put("g1b", state="intermediate"), put("g1b", state="final"))
    else:
        found, _ = s.node("G1b", "g1b")
        check(found["state"] == "final", "G1b", found)


def circular_flow(s):
    """G1c: of two transactions, each of which writes one node and has read the other, not both saw the other's write."""
    mine, other = s.chance.choice([("g1c-a", "g1c-b"), ("g1c-b", "g1c-a")])
    read, revision = s.node("G1c", other)
    tx = s.transaction()
    done = s.commit("G1c", put(mine, tx=tx, saw=read["tx"]), preconditions=[equals(other, "tx", read["tx"])])
    if done is not None:
        check(done > revision, "G1c", "it read what was committed after it", done, revision)


def lost_update(s):
    """LU: a counter that is read, and written if it is still what was read, counts every success."""
    id = f"lu-{s.chance.randrange(COUNTERS)}"
    found, revision = s.node("LU", id)
    count = int(found["count"])
    guard = [equals(id, "count", count)] if s.chance.random() < 0.7 else [lianjie.graph_revision_equals(revision)]
    if s.commit("LU", put(id, count=count + 1), preconditions=guard) is not None:
        s.tally["LU", id] += 1


def phantom(s):
    """PMP: a predicate gives the same rows of one revision again, whatever is made and deleted meanwhile; and a write that
    depends on how many rows there are keeps to it."""
    rows, revision = s.nodes("PMP", 'prop.group = "pmp"')
    if s.chance.random() < 0.5:
        again, _ = s.nodes("PMP", 'prop.group = "pmp"', exact_revision=revision)
        check(rows == again, "PMP", rows, again)
        return
    guard = [lianjie.graph_revision_equals(revision)]
    if len(rows) < 5:
        s.commit("PMP", put(f"pmp-{s.transaction()}", group="pmp"), preconditions=guard)
    else:
        s.commit("PMP", lianjie.delete_node(s.chance.choice(sorted(rows))), preconditions=guard)


def many_preceders(s):
    """IMP: an item that one transaction looks at more than once is the same each time."""
    found, revision = s.node("IMP", "imp")
    version, dice = int(found["version"]), s.chance.random()
    if dice < 0.3:
        s.commit("IMP", put("imp", version=version + 1, group="imp"), preconditions=[equals("imp", "version", version)])
    elif dice < 0.5:
        guards = [equals("imp", "version", version), equals("imp", "version", version + 1)]
        done = s.commit("IMP", put("imp", version=-1, group="imp"), preconditions=s.chance.sample(guards, 2))
        check(done is None, "IMP", "two values of one item in one batch", version)
    else:
        again, _ = s.node("IMP", "imp", exact_revision=revision)
        listed, _ = s.nodes("IMP", 'prop.group = "imp"', exact_revision=revision)
        check(again == found and listed == {"imp": found}, "IMP", found, again, listed)


def existence(s):
    """EX: guards on what is there and what is not hold when the batch is applied: of two nodes one is always there, of two
    links one at most, and neither is made over itself."""
    pair = s.chance.randrange(PAIRS)
    one, two = (f"ex-{pair}-{x}" for x in s.chance.sample("ab", 2))
    exists, absent = (lianjie.node_exists, lianjie.node_absent)
    make, drop, guards = put(one), lianjie.delete_node(one), ([absent(one)], [exists(one), exists(two)])
    if s.chance.random() < 0.5:
        one, two = f"{one}>", f"{two}>"
        exists, absent = (lianjie.link_exists, lianjie.link_absent)
        make = lianjie.upsert_link(one, source="g0-a", target="g0-b", mechanism="SUPPLY")
        drop, guards = lianjie.delete_link(one), ([absent(one), absent(two)], [exists(one)])
    making = s.chance.random() < 0.5
    if s.commit("EX", make if making else drop, preconditions=guards[not making]) is not None:
        s.tally["EX", one] += 1 if making else -1


def vanishing(s):
    """OTV: who has seen one of a transaction's writes sees the others from then on, or newer ones."""
    if s.chance.random() < 0.5:
        # The order of commits is that of versions: each is read, and guarded.
        found, _ = s.node("OTV", "otv-0")
        version = int(found["version"]) + 1
        writes = [put(f"otv-{i}", version=version) for i in range(4)]
        s.commit("OTV", *writes, preconditions=[equals("otv-0", "version", version - 1)])
        return
    version, revision = 0, 0
    for i in s.chance.sample(range(4), 4):
        how = {"at_least_revision": revision} if revision else {"latest": True}
        found, now = s.node("OTV", f"otv-{i}", **how)
        check(now >= revision, "OTV", "revisions run back", now, revision)
        check(int(found["version"]) >= version, "OTV", "a write was seen and vanished", found, version)
        version, revision = int(found["version"]), now


def fractured_read(s):
    """FR: one read sees all of a transaction's writes or none."""
    mine = s.transaction()
    if s.chance.random() < 0.4:
        s.commit("FR", *(put(f"fr-{i}", tx=mine, group="fr") for i in range(4)))
        return
    rows, revision = s.nodes("FR", 'prop.group = "fr"')
    check(len({row["tx"] for row in rows.values()}) == 1 and len(rows) == 4, "FR", rows)
    check(revision >= s.seen, "FR", "the newest revision runs back", revision, s.seen)
    s.seen = revision


def write_skew(s):
    """WS: of two accounts one may be in debt while the two together are not; each withdrawal has read both."""
    pair = s.chance.randrange(PAIRS)
    rows, revision = s.nodes("WS", f'prop.pair = "{pair}"')
    (a, first), (b, second) = sorted(rows.items())
    id, own = s.chance.choice([(a, int(first["sum"])), (b, int(second["sum"]))])
    both = int(first["sum"]) + int(second["sum"])
    check(both >= 0, "WS", rows)
    amount = -100 if both >= 100 else 100
    if s.chance.random() < 0.7:
        guard = [equals(x, "sum", row["sum"]) for x, row in rows.items()]
    else:
        guard = [lianjie.graph_revision_equals(revision)]
    s.commit("WS", put(id, pair=pair, sum=own + amount), preconditions=guard)


WORKLOADS = (
    dirty_write, aborted_read, intermediate_read, circular_flow, lost_update, phantom, many_preceders, vanishing, fractured_read,
    write_skew, existence,
)  # fmt: skip


def begin(client):
    client.create_graph(client.graph)
    client.mutate(
        put("g0-a", tx="0"), put("g0-b", tx="0"),
        lianjie.upsert_link("g0-l", source="g0-a", target="g0-b", mechanism="SUPPLY", **{"prop:tx": "0"}),
        put("g1a", state="committed"), put("g1b", state="final"), put("g1c-a", tx="0", saw="0"), put("g1c-b", tx="0", saw="0"),
        *(put(f"lu-{i}", count=0) for i in range(COUNTERS)),
        put("imp", version=0, group="imp"), *(put(f"ex-{i}-{x}") for i in range(PAIRS) for x in "ab"),
        *(put(f"otv-{i}", version=0) for i in range(4)), *(put(f"fr-{i}", tx="0", group="fr") for i in range(4)),
        *(put(f"ws-{i}-{x}", pair=i, sum=100) for i in range(PAIRS) for x in "ab"),
    )  # fmt: skip


class EveryRevision(threading.Thread):
    """Follows the graph and checks what must hold at each of its revisions."""

    def __init__(self, address, graph):
        super().__init__()
        self.client = lianjie.connect(address, graph)
        self.watch = self.client.watch(0, checkpoints=True, heartbeat=0.2)
        self.state, self.revisions, self.until, self.failure = {}, 0, None, None
        self.writers = {}  # of G1c: transaction -> (what it wrote, the transaction that it saw)

    def run(self):
        try:
            for event in self.watch:
                if event.kind != "checkpoint":
                    self.take(event)
                    continue
                self.check()
                if self.until is not None and event.revision >= self.until:
                    return
        except BaseException as error:
            self.failure = error

    def take(self, event):
        id = (event.after or event.before)["id"]
        if id.startswith("ex-"):
            check(event.kind in ("created", "deleted"), "EX", "a guard did not see what was there", event)
        if event.after is None:
            del self.state[id]
            return
        before = self.state.get(id, {})
        now = self.state[id] = event.after.get("properties", {})
        if id.startswith("lu-") and before:
            check(int(now["count"]) == int(before["count"]) + 1, "LU", id, before, now)
        if id.startswith("g1c-"):
            self.writers[now["tx"]] = (id, now["saw"])

    def check(self):
        self.revisions += 1
        s = self.state
        check(len({s[id]["tx"] for id in ("g0-a", "g0-b", "g0-l")}) == 1, "G0", s["g0-a"], s["g0-b"], s["g0-l"])
        check(s["g1a"]["state"] == "committed" and s["g1b"]["state"] == "final", "G1", s["g1a"], s["g1b"])
        check(len({s[f"otv-{i}"]["version"] for i in range(4)}) == 1, "OTV", [s[f"otv-{i}"] for i in range(4)])
        check(len({s[f"fr-{i}"]["tx"] for i in range(4)}) == 1, "FR", [s[f"fr-{i}"] for i in range(4)])
        for i in range(PAIRS):
            check(any(f"ex-{i}-{x}" in s for x in "ab"), "EX", "neither node is there", i)
            check(not all(f"ex-{i}-{x}>" in s for x in "ab"), "EX", "both links are there", i)
            check(int(s[f"ws-{i}-a"]["sum"]) + int(s[f"ws-{i}-b"]["sum"]) >= 0, "WS", s[f"ws-{i}-a"], s[f"ws-{i}-b"])
        check(sum(id.startswith("pmp-") for id in s) <= 5, "PMP", "more rows than the writers allow")

    def check_flow(self):
        """What was seen was written earlier: no circle of transactions that saw each other."""
        order = {tx: number for number, tx in enumerate(self.writers)}
        for tx, (_, saw) in self.writers.items():
            check(saw == "0" or order[saw] < order[tx], "G1c", tx, saw)


def test_no_anomaly_among_eight_clients(tmp_path):
    tally = collections.Counter()
    with harness.Server(tmp_path / "store") as server:
        with server.client("acid") as client:
            begin(client)
        every = EveryRevision(server.address, "acid")
        every.start()
        failures, end = [], time.monotonic() + SECONDS
        tallies = [collections.Counter() for _ in range(CLIENTS)]

        def work(number):
            try:
                session = Session(server.address, "acid", number, tallies[number])
                while time.monotonic() < end and not failures:
                    session.chance.choice(WORKLOADS)(session)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with server.client("acid") as client:
            every.until = client.graphs()[0]["revision"]
            every.join(60)
            assert not every.is_alive()
            counts = {id: int(client.get_node(id)["properties"]["count"]) for id in (f"lu-{i}" for i in range(COUNTERS))}
            revision = every.until
    assert not failures, failures[0]
    assert every.failure is None, every.failure
    every.check_flow()
    for one in tallies:
        tally.update(one)
    assert counts == {f"lu-{i}": tally["LU", f"lu-{i}"] for i in range(COUNTERS)}, "LU: updates were lost"
    for id in (f"ex-{i}-{x}{link}" for i in range(PAIRS) for x in "ab" for link in ("", ">")):
        made = tally["EX", id] + (not id.endswith(">"))  # the nodes were there
        assert made == (id in every.state), f"EX: {id} was made {made} times more than removed"
    kinds = ("G0", "G1a", "G1b", "G1c", "LU", "PMP", "IMP", "OTV", "FR", "WS", "EX")
    commits = sum(tally[kind, "commits"] for kind in kinds)
    assert revision == 1 + commits and every.revisions >= revision
    for kind in kinds:
        operations, done, refused = (tally[kind, what] for what in ("operations", "commits", "refusals"))
        print(f"{kind:4} {operations:7} operations {done:6} commits {refused:6} refusals 0 anomalies")
        assert operations > 10 * SECONDS and (done > 0 or kind == "G1a")
    for kind in ("G1c", "LU", "IMP", "OTV", "WS", "EX"):
        assert tally[kind, "refusals"] > 0, f"{kind}: the clients never met"
    print(f"{SECONDS:g} s, {CLIENTS} clients, {commits} commits, {every.revisions} revisions looked at")


def test_the_workload_shows_lost_updates_where_nothing_guards(server):
    """What the preconditions are for, and that these clients do meet."""
    with server.client("unguarded") as client:
        client.create_graph("unguarded")
        client.mutate(put("n", count=0))

    def work():
        with server.client("unguarded") as own:
            for _ in range(60):
                found = int(own.get_node("n")["properties"]["count"])
                own.mutate(put("n", count=found + 1))

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with server.client("unguarded") as client:
        assert int(client.get_node("n")["properties"]["count"]) < 60 * CLIENTS
