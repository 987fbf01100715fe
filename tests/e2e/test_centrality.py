"""Closeness, harmonic and core numbers against NetworkX, spectral centralities against dense linear algebra, on random multigraphs."""

import lianjie
import networkx as nx
import numpy as np
import pytest
from test_general import DIRECTIONS, SEEDS, random_tables, scores, simple, turned

WEIGHTS = (("none", None), ("weight", "weight"))


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed {seed}")
def case(request, server):
    nodes, links = random_tables(request.param)
    with server.client(f"centrality_{request.param}") as client:
        client.import_data(nodes=nodes, links=links)
        yield client, client.to_networkx()


def gathering(graph, direction, key) -> np.ndarray:
    """Row v, column u: the weight of the links from u to v, both ways if undirected."""
    matrix = nx.to_numpy_array(graph, weight=key).T
    return {"FORWARD": matrix, "REVERSE": matrix.T, "UNDIRECTED": matrix + matrix.T}[direction]


def in_order(graph, found: dict) -> np.ndarray:
    return np.array([found[node] for node in graph])


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_closeness_and_harmonic(case, direction):
    client, graph = case
    merged = simple(turned(graph, direction), direction != "UNDIRECTED")
    inward = merged.reverse() if direction != "UNDIRECTED" else merged  # NetworkX takes distances to a node
    for weight, key in WEIGHTS:
        for improved in (True, False):
            expected = nx.closeness_centrality(inward, distance=key, wf_improved=improved)
            answer = client.closeness(direction=direction, weight=weight, improved=improved)
            assert scores(answer) == pytest.approx(expected, rel=1e-9, abs=1e-12)
        expected = nx.harmonic_centrality(inward, distance=key)
        assert scores(client.harmonic(direction=direction, weight=weight)) == pytest.approx(expected, rel=1e-9, abs=1e-12)
        parts = {node: value / (len(graph) - 1) for node, value in expected.items()}
        answer = client.harmonic(direction=direction, weight=weight, normalized=True)
        assert scores(answer) == pytest.approx(parts, rel=1e-9, abs=1e-12)


def test_k_core(case):
    client, graph = case
    answer = client.k_core()
    expected = nx.core_number(simple(turned(graph, "UNDIRECTED"), directed=False))
    assert scores(answer) == expected and answer.summary["degeneracy"] == max(expected.values())


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_katz(case, direction):
    client, graph = case
    for weight, key in WEIGHTS:
        matrix = gathering(graph, direction, key)
        radius = max(abs(np.linalg.eigvals(matrix)))
        answer = client.katz(direction=direction, weight=weight, beta=3, tolerance=1e-13)
        used, limit = answer.summary["attenuation"], answer.summary["attenuation_limit"]
        expected = np.linalg.solve(np.eye(len(graph)) - used * matrix, np.full(len(graph), 3.0))
        assert in_order(graph, scores(answer)) == pytest.approx(expected, rel=1e-8)
        if limit is None:
            continue
        assert limit == pytest.approx(1 / radius, rel=5e-3) and used == pytest.approx(0.85 * limit)
        with pytest.raises(lianjie.LianjieError) as refused:
            client.katz(direction=direction, weight=weight, attenuation=1.02 * limit)
        assert refused.value.reason == "DIVERGES" and float(refused.value.metadata["limit"]) == pytest.approx(limit, rel=2e-2)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_eigenvector(case, direction):
    client, graph = case
    for weight, key in WEIGHTS:
        matrix = gathering(graph, direction, key)
        answer = client.eigenvector(direction=direction, weight=weight, tolerance=1e-13, iterations=5000)
        found = in_order(graph, scores(answer))
        if answer.summary["eigenvalue"] == 0:
            assert not found.any() and not np.linalg.matrix_power(matrix, len(graph)).any()
            continue
        values, vectors = np.linalg.eig(matrix)
        order = np.argsort(-values.real)
        if len(values) > 1 and values[order[1]].real > 0.98 * values[order[0]].real:
            continue  # the start decides
        expected = np.abs(vectors[:, order[0]].real)
        assert answer.summary["eigenvalue"] == pytest.approx(values[order[0]].real, rel=1e-8)
        assert found == pytest.approx(expected / expected.max(), rel=1e-7, abs=1e-8)


def test_hits(case):
    client, graph = case
    for weight, key in WEIGHTS:
        answer = client.hits(weight=weight, tolerance=1e-14, iterations=5000)
        left, values, right = np.linalg.svd(nx.to_numpy_array(graph, weight=key))
        if values[0] == 0 or (len(values) > 1 and values[1] > 0.98 * values[0]):
            continue  # the start decides
        for column, expected in (("score", np.abs(right[0])), ("hub", np.abs(left[:, 0]))):
            assert in_order(graph, scores(answer, column)) == pytest.approx(expected / expected.sum(), rel=1e-7, abs=1e-10)
        assert answer.summary["singular_value"] == pytest.approx(values[0], rel=1e-8)
