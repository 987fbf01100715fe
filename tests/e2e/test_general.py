"""General analyses against NetworkX on random multigraphs with parallel links, self-loops, cycles and nodes without links."""

import itertools

import lianjie
import networkx as nx
import numpy as np
import pandas as pd
import pytest

SEEDS = range(12)


def id_order(node: str):
    return (0, int(node), "") if node.isdigit() else (1, 0, node)


def random_tables(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    pick = np.random.default_rng(seed)
    count = int(pick.integers(2, 60))
    ids = [str(number) if number % 2 else f"n{number}" for number in range(count)]
    links = int(pick.integers(0, 4 * count))
    source, target = pick.choice(ids, links), pick.choice(ids, links)
    if links > 6:
        source[:3], target[:3] = source[3:6], target[3:6]  # parallel
        target[-2:] = source[-2:]  # loops
    frame = pd.DataFrame({"id": [f"l{n}" for n in range(links)], "source": source, "target": target})
    return pd.DataFrame({"id": ids}), frame.assign(weight=pick.integers(1, 9, links) / 4)


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed {seed}")
def case(request, server):
    nodes, links = random_tables(request.param)
    with server.client(f"general_{request.param}") as client:
        client.import_data(nodes=nodes, links=links)
        yield client, client.to_networkx()


def scores(result: lianjie.Result, column: str = "score") -> dict:
    return dict(zip(result.df["node"], result.df[column], strict=True))


def simple(graph, directed=True):
    """Parallel links merged, the shortest kept; self-loops dropped."""
    made = nx.DiGraph() if directed else nx.Graph()
    made.add_nodes_from(graph)
    for source, target, data in graph.edges(data=True):
        if source != target:
            known = made.get_edge_data(source, target, {"weight": np.inf})["weight"]
            made.add_edge(source, target, weight=min(known, data["weight"]))
    return made


DIRECTIONS = ["FORWARD", "REVERSE", "UNDIRECTED"]


def turned(graph, direction):
    return {"FORWARD": graph, "REVERSE": graph.reverse(), "UNDIRECTED": graph.to_undirected()}[direction]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_distances(case, direction):
    client, graph = case
    start = min(graph, key=id_order)
    merged = simple(turned(graph, direction), direction != "UNDIRECTED")
    hops = nx.single_source_shortest_path_length(merged, start)
    found = client.distances(start, direction=direction).df.set_index("node")
    assert found["distance"].dropna().to_dict() == hops and len(found) == len(graph)
    assert found["hops"].dropna().astype(int).to_dict() == hops
    lengths = nx.single_source_dijkstra_path_length(merged, start)
    weighted = client.distances(start, direction=direction, weight="weight").df.set_index("node")["distance"].dropna()
    assert weighted.to_dict() == pytest.approx(lengths, rel=1e-12)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_shortest_path(case, direction):
    client, graph = case
    ids = sorted(graph, key=id_order)
    merged = simple(turned(graph, direction), direction != "UNDIRECTED")
    for source, target in ((ids[0], ids[-1]), (ids[-1], ids[0]), (ids[len(ids) // 2], ids[-1])):
        for weight, key in (("weight", "weight"), ("none", None)):
            answer = client.shortest_path(source, target, direction=direction, weight=weight)
            assert answer.summary["found"] == nx.has_path(merged, source, target)
            if not answer.summary["found"]:
                assert len(answer.df) == 0
                continue
            expected = nx.dijkstra_path_length(merged, source, target, weight=key)
            assert answer.summary["distance"] == pytest.approx(expected, rel=1e-12)
            path = answer.df["node"].tolist()
            assert (path[0], path[-1]) == (source, target)
            assert nx.path_weight(merged, path, "weight") == pytest.approx(expected) if key else len(path) - 1 == expected
            if not key:
                best = min(nx.all_shortest_paths(merged, source, target), key=lambda p: [id_order(n) for n in p])
                assert path == best


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_k_shortest_paths(case, direction):
    """NetworkX knows no parallel links: of ours, the first by each way of nodes are its paths, in order of length."""
    client, graph = case
    ids = sorted(graph, key=id_order)
    merged = simple(turned(graph, direction), direction != "UNDIRECTED")
    for source, target in ((ids[0], ids[-1]), (ids[-1], ids[0])):
        answer = client.k_shortest_paths(source, target, k=12, direction=direction, weight="weight")
        ways = {}
        for _, path in answer.df.groupby("path"):
            assert path["node"].is_unique
            ways.setdefault(tuple(path["node"]), path["distance"].iloc[-1])
        if source == target or not nx.has_path(merged, source, target):
            assert answer.summary["exhausted"] and len(ways) == (source == target)
            continue
        listed = nx.shortest_simple_paths(merged, source, target, weight="weight")
        expected = [nx.path_weight(merged, path, "weight") for path in itertools.islice(listed, len(ways))]
        assert list(ways.values()) == pytest.approx(expected)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_max_flow(case, direction):
    client, graph = case
    ids = sorted(graph, key=id_order)
    summed = nx.DiGraph()
    summed.add_nodes_from(graph)
    both = [graph] if direction == "FORWARD" else [graph.reverse()] if direction == "REVERSE" else [graph, graph.reverse()]
    for one in both:
        for source, target, data in one.edges(data=True):
            known = summed.get_edge_data(source, target, {"capacity": 0})["capacity"]
            summed.add_edge(source, target, capacity=known + data["weight"])
    for source, target in ((ids[0], ids[-1]), (ids[-1], ids[0])):
        if source == target:
            continue
        answer = client.max_flow(source, target, direction=direction, weight="weight")
        value = nx.maximum_flow_value(summed, source, target)
        assert answer.summary["value"] == pytest.approx(value) == answer.summary["cut_capacity"]
        assert answer.df.loc[answer.df["in_cut"].astype(bool), "capacity"].sum() == pytest.approx(value)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_widest_path(case, direction):
    client, graph = case
    ids = sorted(graph, key=id_order)
    turned_graph = turned(graph, direction)
    for source, target in ((ids[0], ids[-1]), (ids[-1], ids[0])):
        answer = client.widest_path(source, target, direction=direction, weight="weight")
        widths = sorted({data["weight"] for *_, data in turned_graph.edges(data=True)}, reverse=True)
        expected = None
        for width in widths if source != target else ():
            wide = turned_graph.edge_subgraph(
                [edge for edge in turned_graph.edges(keys=True) if turned_graph.edges[edge]["weight"] >= width]
            )
            if source in wide and target in wide and nx.has_path(wide, source, target):
                expected = (width, nx.shortest_path_length(wide, source, target))
                break
        if expected is None:
            assert answer.summary["found"] == (source == target)
        else:
            assert (answer.summary["width"], answer.summary["hops"]) == expected


def test_components(case):
    client, graph = case
    for name, parts in (
        ("weak_components", nx.weakly_connected_components(graph)),
        ("strong_components", nx.strongly_connected_components(graph)),
    ):
        answer = client.run(name)
        expected = {node: min(part, key=id_order) for part in parts for node in part}
        assert scores(answer, "component") == expected
        assert answer.summary["component_count"] == len(set(expected.values()))
        assert answer.summary["largest_size"] == max(pd.Series(expected).value_counts())


def test_degree(case):
    client, graph = case
    assert scores(client.degree()) == dict(graph.degree())
    assert scores(client.degree(direction="FORWARD")) == dict(graph.out_degree())
    assert scores(client.degree(direction="REVERSE")) == dict(graph.in_degree())
    assert scores(client.degree(weight="weight")) == pytest.approx(dict(graph.degree(weight="weight")), rel=1e-12)


@pytest.mark.parametrize("damping", [0.85, 0.5])
def test_page_rank(case, damping):
    client, graph = case
    some = sorted(graph, key=id_order)[:2]
    for weight, key in (("none", None), ("weight", "weight")):
        for source in ([], some):
            answer = client.page_rank(damping=damping, weight=weight, source=source, tolerance=1e-14)
            start = dict.fromkeys(source, 1.0) or None
            expected = nx.pagerank(graph, damping, personalization=start, weight=key, tol=1e-15, max_iter=2000)
            assert scores(answer) == pytest.approx(expected, rel=1e-8, abs=1e-12)
            assert sum(scores(answer).values()) == pytest.approx(1, rel=1e-12) and answer.summary["converged"] is True


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_betweenness(case, direction):
    client, graph = case
    merged = simple(turned(graph, direction), direction != "UNDIRECTED")
    for normalized in (False, True):
        expected = nx.betweenness_centrality(merged, normalized=normalized)
        answer = client.betweenness(direction=direction, normalized=normalized)
        assert scores(answer) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    weighted = nx.betweenness_centrality(merged, normalized=False, weight="weight")
    answer = client.betweenness(direction=direction, weight="weight")
    assert scores(answer) == pytest.approx(weighted, rel=1e-9, abs=1e-9)
