"""A watch of one region gives the same events wherever it is taken up, though nodes move and the tree of regions changes; and a
watch goes on in its own graph alone."""

import random

import harness
import lianjie
import pytest
from lianjie.v1 import transfer_pb2
from test_watch import WATCH, ids, newest
from wire import send

REGIONS = ["52", "5201", "5202", "520101", "520201"]
TREE = [("52", "", 1), ("5201", "52", 2), ("5202", "52", 2), ("520101", "5201", 3)]


def read(client, after, until, **filters):
    """The events of revisions in (after, until]."""
    found = []
    with client.watch(after, checkpoints=True, heartbeat=0.1, **filters) as watch:
        for event in watch:
            if event.revision > until:
                return found
            if event.kind != "checkpoint":
                found.append(event)
            elif event.revision >= until:
                return found
    return found


def write_something(client, chance, parents, nodes):
    """One random commit: nodes come, move and go, links change, regions come, move and go. Not all are allowed."""

    def done(*writes):
        try:
            client.mutate(*writes)
        except lianjie.LianjieError as error:
            assert error.code in ("FAILED_PRECONDITION", "INVALID_ARGUMENT", "NOT_FOUND"), error
            return False
        return True

    dice = chance.random()
    if dice < 0.3 or len(nodes) < 3:
        node = f"N{chance.randrange(8)}"
        if done(lianjie.upsert_node(node, region=chance.choice(sorted(parents) or REGIONS))):
            nodes.add(node)
    elif dice < 0.4:
        node = chance.choice(sorted(nodes))
        if done(lianjie.delete_node(node, cascade=True)):
            nodes.discard(node)
    elif dice < 0.65:
        source, target = chance.sample(sorted(nodes), 2)
        weight = chance.randrange(100)
        done(lianjie.upsert_link(f"L{chance.randrange(8)}", source=source, target=target, mechanism="SUPPLY", weight=weight))
    elif dice < 0.9:
        code = chance.choice(REGIONS) if parents else "52"
        level = 1 if code == "52" else 2 if len(code) == 4 else 3
        # The lower ones move between the counties.
        parent = "" if code == "52" else "52" if level == 2 else chance.choice(["5201", "5202"])
        if done(lianjie.upsert_region(code, parent=parent, level=level)):
            parents[code] = parent
    elif parents:
        code = chance.choice(sorted(parents))
        if done(lianjie.delete_region(code)):
            del parents[code]


@pytest.mark.parametrize("seed", range(3))
def test_events_of_a_region_are_the_same_wherever_the_watch_is_taken_up(client, seed):
    client.create_graph(client.graph)
    chance, parents, nodes = random.Random(seed), {}, set()
    start = newest(client)
    live, tree_changes = {region: [] for region in ("52", "5201", "5202")}, 0
    watches = {region: client.watch(start, region=region, checkpoints=True, heartbeat=0.1) for region in live}
    for number in range(80):
        before = dict(parents)
        if number < 3:  # at first there is no table, and codes say what lies where
            client.mutate(lianjie.upsert_node(f"N{number}"))
            nodes.add(f"N{number}")
        elif not parents:
            client.mutate(*(lianjie.upsert_region(code, parent=parent, level=level) for code, parent, level in TREE))
            parents.update({code: parent for code, parent, _ in TREE})
        else:
            write_something(client, chance, parents, nodes)
        tree_changes += before != parents
        now = newest(client)
        for region, watch in watches.items():
            while watch.revision < now:
                event = next(watch)
                if event.kind != "checkpoint":
                    live[region].append(event)
    for watch in watches.values():
        watch.close()
    end, compared = newest(client), 0
    for region, events in live.items():
        for after in range(start, end, 4):
            expected = [event for event in events if event.revision > after]
            try:
                found = read(client, after, end, region=region)
            except lianjie.LianjieError as error:
                assert error.reason == "REGION_NOT_FOUND" and not expected, (after, error)
                continue
            assert found == expected, (region, after)
            compared += len(expected)
    assert tree_changes > 5 and compared > 100


def test_a_child_that_left_is_followed_back(client):
    client.create_graph(client.graph)
    client.mutate(lianjie.upsert_region("R", level=1), lianjie.upsert_region("S", level=1), lianjie.upsert_region("C", parent="R", level=2))
    client.mutate(lianjie.create_node("A", region="C"), lianjie.create_node("B"))
    start = newest(client)
    client.mutate(lianjie.update_node("A", name="in R"), lianjie.create_link("A", "B", id="L", mechanism="SUPPLY"))
    client.mutate(lianjie.upsert_region("C", parent="S", level=2))
    client.mutate(lianjie.update_node("A", name="in S"), lianjie.update_link("L", weight=2))
    end = newest(client)
    assert ids(read(client, start, end, region="R")) == [("changed", "A"), ("created", "L"), ("changed", "C")]
    assert ids(read(client, start, end, region="S")) == [("changed", "C"), ("changed", "A"), ("changed", "L")]


def test_who_was_away_learns_that_the_region_is_gone(client):
    client.create_graph(client.graph)
    client.mutate(lianjie.upsert_region("R", level=1), lianjie.upsert_region("S", level=1))
    start = newest(client)
    client.mutate(lianjie.create_node("A", region="R"))
    client.mutate(lianjie.delete_node("A"))
    client.mutate(lianjie.delete_region("R"))
    end = newest(client)
    assert ids(read(client, start, end, region="R")) == [("created", "A"), ("deleted", "A"), ("deleted", "R")]
    with pytest.raises(lianjie.LianjieError) as unknown:
        read(client, end, end, region="R")
    assert unknown.value.reason == "REGION_NOT_FOUND"


def test_a_long_way_is_looked_ahead_in_pieces(client):
    """More changes than one piece takes, in each of which nodes leave and come back."""
    client.create_graph(client.graph)
    client.mutate(lianjie.upsert_region("R", level=1), lianjie.upsert_region("S", level=1))
    start = newest(client)
    nodes = [f"N{number}" for number in range(4000)]
    for region in "RSRSR":
        client.mutate(*(lianjie.upsert_node(node, region=region) for node in nodes))
    client.mutate(lianjie.create_link("N0", "N1", id="L", mechanism="SUPPLY"))
    end = newest(client)
    events = read(client, start, end, region="R")
    assert len(events) == 5 * len(nodes) + 1 and ids(events)[-1] == ("created", "L")
    assert len(read(client, start, end, region="S")) == 4 * len(nodes)


def test_a_watch_goes_on_in_its_own_graph_alone(client):
    client.create_graph(client.graph)
    client.mutate(lianjie.create_node("A"))
    watch = client.watch(0, checkpoints=True, heartbeat=0.1)
    assert [next(watch).kind, next(watch).kind] == ["created", "checkpoint"]
    identity, revision = watch.graph_identity, watch.revision
    watch.close()
    client.mutate(lianjie.create_node("B"))
    assert ids(read(client, revision, revision + 1, graph_identity=identity)) == [("created", "B")]
    client.delete_graph(client.graph)
    client.create_graph(client.graph)
    for name in "ABC":  # it has passed the revision
        client.mutate(lianjie.create_node(name))
    with pytest.raises(lianjie.LianjieError) as other:
        read(client, revision, revision + 1, graph_identity=identity)
    assert (other.value.code, other.value.reason) == ("NOT_FOUND", "GRAPH_NOT_FOUND")
    assert ids(read(client, revision, revision + 1)) == [("created", "B")], "who names none follows the name"
    for forged in ("x", "0" * 15, "g" * 16):
        refused = send(client.channel, WATCH, transfer_pb2.WatchRequest(graph=client.graph, graph_identity=forged))
        assert (refused.code, refused.fields) == ("INVALID_ARGUMENT", ["graph_identity"])


def test_a_restart_keeps_a_graphs_identity(tmp_path):
    identities = set()
    for _ in range(2):
        with harness.Server(tmp_path / "store") as server, server.client("g") as client:
            if not identities:
                client.create_graph("g")
            with client.watch(0, checkpoints=True, heartbeat=0.1) as watch:
                next(watch)
                identities.add(watch.graph_identity)
    assert len(identities) == 1 and None not in identities
