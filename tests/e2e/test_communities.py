"""Analyses of structure against NetworkX on random multigraphs with parallel links, self-loops, cycles and nodes without links."""

import math

import networkx as nx
import pytest
from test_general import id_order, random_tables, scores, simple


@pytest.fixture(scope="module", params=range(20, 32), ids=lambda seed: f"seed {seed}")
def case(request, server):
    nodes, links = random_tables(request.param)
    with server.client(f"communities_{request.param}") as client:
        client.import_data(nodes=nodes, links=links)
        yield client, client.to_networkx()


def undirected(graph):
    made = nx.MultiGraph()
    made.add_nodes_from(graph)
    made.add_edges_from((source, target, data) for source, target, data in graph.edges(data=True))
    return made


def parts(result):
    return [set(rows["node"]) for _, rows in result.df.groupby("component")]


def modularity(graph, communities, weight, resolution=1.0):
    if graph.number_of_edges() == 0:
        return None
    return nx.community.modularity(undirected(graph), communities, weight=weight, resolution=resolution)


def test_clustering(case):
    client, graph = case
    merged = simple(graph, directed=False)
    answer = client.clustering()
    assert scores(answer) == pytest.approx(nx.clustering(merged), rel=1e-12)
    assert scores(answer, "triangles") == nx.triangles(merged)
    assert scores(answer, "neighbours") == dict(merged.degree())
    assert answer.summary["transitivity"] == pytest.approx(nx.transitivity(merged), rel=1e-12)
    assert answer.summary["mean_score"] == pytest.approx(nx.average_clustering(merged), rel=1e-12)


def test_articulation(case):
    client, graph = case
    merged = simple(graph, directed=False)
    answer = client.articulation()
    points = answer.df[answer.df["kind"] == "POINT"]
    assert set(points["node"]) == set(nx.articulation_points(merged))
    blocks = list(nx.biconnected_components(merged))
    assert answer.summary["block_count"] == len(blocks)
    expected = {point: sum(point in block for block in blocks) for point in points["node"]}
    assert dict(zip(points["node"], points["block_count"], strict=True)) == expected
    for point, cut_off in zip(points["node"], points["cut_off_count"], strict=True):
        rest = merged.subgraph(nx.node_connected_component(merged, point) - {point})
        assert cut_off == len(rest) - max(map(len, nx.connected_components(rest)))
    joined = {}
    for source, target in graph.edges():
        if source != target:
            joined[frozenset((source, target))] = joined.get(frozenset((source, target)), 0) + 1
    single = [ends for ends in nx.bridges(merged) if joined[frozenset(ends)] == 1]
    assert answer.summary["bridge_count"] == len(single) == sum(answer.df["kind"] == "BRIDGE")


@pytest.mark.parametrize("weight", [None, "weight"])
def test_louvain(case, weight):
    client, graph = case
    for resolution in (1.0, 0.5, 2.0):
        answer = client.louvain(weight=weight or "none", resolution=resolution, levels=True)
        found = parts(answer)
        labels = [component for component, _ in answer.df.groupby("component")]
        assert labels == [min(part, key=id_order) for part in found]
        expected = modularity(graph, found, weight, resolution)
        reported = answer.summary["modularity"]
        assert reported == expected or math.isclose(reported, expected, abs_tol=1e-12)
        if expected is None:
            continue
        assert reported >= modularity(graph, [{node} for node in graph], weight, resolution) - 1e-12
        peer = nx.community.louvain_communities(undirected(graph), weight=weight, resolution=resolution, seed=1)
        assert reported >= modularity(graph, peer, weight, resolution) - 0.05


@pytest.mark.parametrize("synchronous", [False, True])
def test_label_propagation(case, synchronous):
    client, graph = case
    for weight in (None, "weight"):
        answer = client.label_propagation(weight=weight or "none", synchronous=synchronous)
        expected = modularity(graph, parts(answer), weight)
        reported = answer.summary["modularity"]
        assert reported == expected or math.isclose(reported, expected, abs_tol=1e-12)
        if not answer.summary["converged"]:
            continue
        labels = scores(answer, "label")
        for node in graph:
            sums = {}
            for source, target, data in [*graph.out_edges(node, data=True), *graph.in_edges(node, data=True)]:
                label = labels[target if source == node else source]
                sums[label] = sums.get(label, 0) + (data[weight] if weight else 1)
            assert not sums or sums[labels[node]] == max(sums.values())
