"""Households of villages in Karnataka and the ties between them: distances and components in every village. Each tie is
listed in both directions; the mapping keeps one link of each pair, and the graph is looked at as undirected."""

import collections

import networkx as nx
import pytest
import real


@pytest.fixture(scope="module")
def villages(server, shared_data):
    folder = shared_data / "households_india"
    files = [folder / "households.csv", folder / "household_edges.csv"]
    created = real.load(server, "villages", "households_india.toml", *files)
    households, edges = (real.table(file) for file in files)
    graph = nx.Graph()
    graph.add_nodes_from(households["hh"])
    graph.add_edges_from(edges[["hh_a", "hh_b"]].itertuples(index=False))
    with server.client("villages") as client:
        yield client, created, graph, households, edges


def test_the_tables_arrive_as_they_are(villages):
    client, created, graph, households, edges = villages
    assert {node["id"] for node in client.list_nodes(page_size=10_000)} == set(graph)
    assert 2 * created["links"]["created"] == len(edges) == 2 * graph.number_of_edges() == 80_356
    lacking = set(graph) - set(households["hh"])
    real.say(
        f"{len(households):,} households and {len(lacking)} more that only ties name, {len(edges):,} directed rows, "
        f"{graph.number_of_edges():,} ties, {households['village'].nunique()} villages"
    )


def test_components_equal_networkx(villages):
    client, _, graph, households, _ = villages
    expected = sorted(sorted(part) for part in nx.connected_components(graph))
    groups = collections.defaultdict(list)
    for node, label in client.weak_components().df[["node", "component"]].itertuples(index=False):
        groups[label].append(node)
    assert sorted(sorted(part) for part in groups.values()) == expected
    assert all(label == min(part, key=int) for label, part in groups.items())
    by_village = collections.Counter(part[0][:-3] for part in expected)
    assert set(by_village) == set(households["village"])
    whole = sum(count == 1 for count in by_village.values())
    real.say(f"{len(expected)} components; {whole} villages hang together, the most torn has {max(by_village.values())} parts")


def test_distances_equal_networkx_in_every_village(villages):
    client, _, graph, households, _ = villages
    starts, farthest, total = 0, 0, 0
    for village, members in households.groupby("village")["hh"]:
        for start in (members.iloc[0], members.iloc[len(members) // 2]):
            answer = client.distances(start, direction="UNDIRECTED", region=f"village-{village}").df
            assert set(answer["node"]) == {node for node in graph if node[:-3] == village}
            reached = answer.dropna()
            found = dict(zip(reached["node"], reached["distance"], strict=True))
            assert found == nx.single_source_shortest_path_length(graph, start), village
            starts, total, farthest = starts + 1, total + len(found), max(farthest, *found.values())
    everywhere = client.distances(start, direction="UNDIRECTED").df.dropna()
    assert dict(zip(everywhere["node"], everywhere["distance"], strict=True)) == found
    real.say(f"{starts} starts, {total:,} distances equal, the farthest household {farthest:.0f} ties away")
