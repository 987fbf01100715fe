"""What a write promises over gRPC: whole batches up to a stated size, deletes, masks, request ids."""

import harness
import lianjie
import pytest
from lianjie import values
from lianjie.v1 import graph_pb2, graph_service_pb2, graph_service_pb2_grpc


def refusal(call, *arguments, **options):
    with pytest.raises(lianjie.LianjieError) as caught:
        call(*arguments, **options)
    return caught.value


def test_a_batch_is_whole_up_to_its_stated_size_and_refused_by_name_beyond(client):
    client.create_graph(client.graph)
    most = [lianjie.create_node(f"{n}") for n in range(100_000)]
    refused = refusal(client.mutate, *most, lianjie.create_node("x"))
    assert (refused.code, refused.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_EXCEEDED")
    assert refused.metadata["limit"] == "mutations"
    assert (refused.metadata["value"], refused.metadata["needed"]) == ("100000", "100001")
    refused = refusal(client.mutate, *most[:-1], lianjie.create_node("0"))  # the last of them fails
    assert (refused.reason, refused.row) == ("NODE_EXISTS", 99_999)
    assert client.graphs() and not list(client.list_nodes())
    done = client.mutate(*most)
    graph = next(graph for graph in client.graphs() if graph["name"] == client.graph)
    assert done.revision == 1 and graph["node_count"] == 100_000
    big = [lianjie.upsert_node(f"b{n}", name="x" * 60_000) for n in range(80)]
    refused = refusal(client.mutate, *big)
    assert (refused.code, refused.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")


def test_deletes_with_and_without_their_links(client):
    client.create_graph(client.graph)
    nodes = [lianjie.create_node(id) for id in "ABC"]
    links = [lianjie.create_link(a, b, id=a + b, mechanism="SUPPLY") for a, b in ("AB", "BA", "AA", "BC")]
    client.mutate(*nodes, *links)
    refused = refusal(client.mutate, lianjie.delete_node("A"))
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "NODE_HAS_LINKS") and refused.metadata["links"] == "3"
    # Links deleted by the same batch are no hindrance.
    client.mutate(lianjie.delete_link("BC"), lianjie.delete_node("C"))
    client.mutate(lianjie.delete_node("A", cascade=True))
    assert [node["id"] for node in client.list_nodes()] == ["B"] and not list(client.list_links())
    assert refusal(client.mutate, lianjie.delete_node("A", cascade=True)).reason == "NODE_NOT_FOUND"


def test_an_update_changes_what_its_mask_names(client):
    client.create_graph(client.graph)
    client.mutate(lianjie.create_node("A", name="one", region="52", persons=3, **{"prop:x": "1", "prop:y": "2"}))
    stub = graph_service_pb2_grpc.GraphServiceStub(client.channel)

    def update(paths, **fields):
        node = values.build(graph_pb2.Node, {"id": "A", **fields})
        change = {"update_node": {"node": node, "update_mask": {"paths": paths}}}
        stub.Mutate(graph_service_pb2.MutateRequest(graph=client.graph, mutations=[change]))
        return client.get_node("A")

    assert update(["name"], name="two", region="99")["region"] == "52"
    found = update(["persons"])  # not given: cleared
    assert "persons" not in found and (found["name"], found["properties"]) == ("two", {"x": "1", "y": "2"})
    assert update(["properties.x"])["properties"] == {"y": "2"}
    assert "region" not in update(["region", "properties"], **{"prop:z": "3"})
    assert client.get_node("A")["properties"] == {"z": "3"}
    refused = refusal(client.mutate, lianjie.update_node("B", name="x"))
    assert refused.reason == "NODE_NOT_FOUND"


def test_a_request_id_is_one_request_for_as_long_as_it_is_kept(tmp_path):
    store = tmp_path / "store"
    with harness.Server(store) as server, server.client("g") as client:
        client.create_graph("g")
        first = client.mutate(lianjie.create_node("A"), request_id="r")
        again = client.mutate(lianjie.create_node("A"), request_id="r")
        assert again.replayed and not first.replayed
        assert (again.revision, again.commit_time) == (first.revision, first.commit_time)
        refused = refusal(client.mutate, lianjie.create_node("B"), request_id="r")
        assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "REQUEST_ID_REUSED")
        loaded = client.import_data(nodes=[{"id": "L"}], request_id="load")
    with harness.Server(store) as server, server.client("g") as client:  # a restart forgets nothing
        assert client.mutate(lianjie.create_node("A"), request_id="r").replayed
        assert client.import_data(nodes=[{"id": "L"}], request_id="load").revision == loaded.revision
        assert refusal(client.import_data, nodes=[{"id": "M"}], request_id="load").reason == "REQUEST_ID_REUSED"
        client.mutate(lianjie.create_node("C"))
    with harness.Server(store, "--retention", "0") as server, server.client("g") as client:
        # Forgotten: the same request is a new one, and judged as such.
        assert harness.wait_until(
            lambda: client._graphs.GetGraph(graph_service_pb2.GetGraphRequest(graph="g")).oldest_revision == 3
        )

        def forgotten():
            try:
                return not client.mutate(lianjie.create_node("A"), request_id="r").replayed
            except lianjie.LianjieError as error:
                return error.reason == "NODE_EXISTS"

        assert harness.wait_until(forgotten)
