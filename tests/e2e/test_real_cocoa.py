"""Cocoa cooperatives of Côte d'Ivoire and their disclosed chains: a buyer pays a trader, a trader pays a supplier."""

import collections

import networkx as nx
import pytest
import real

SAME = ("annotated_same", "abbreviation_equal")
OLAM = ("Ofi", "Olam International Limited")


@pytest.fixture(scope="module")
def cocoa(server, shared_data):
    folder = shared_data / "cocoa_civ"
    real.load(server, "cocoa", "cocoa_civ.toml", folder / "coops_registry_2017.csv", folder / "coop_trader_links.csv")
    with server.client("cocoa") as client:
        yield client, real.table(folder / "coops_registry_2017.csv"), real.table(folder / "coop_trader_links.csv")


def named(client) -> dict[str, str]:
    """Names of the companies by node; cooperatives and suppliers go by their ids, which are the tables'."""
    return {node["id"]: node["id"] if node["id"].startswith("CIV-") else node["name"] for node in client.list_nodes()}


def expected_graph(registry, rows) -> nx.MultiDiGraph:
    """The same graph straight from the tables, by names."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(registry["coop_id"])
    links = set()
    for row in rows.to_dict("records"):
        supplier = row["registry_coop_id"] if row["registry_match"] in SAME else row["supplier_id"]
        trader = "Olam" if row["tier1_trader"] in OLAM else row["tier1_trader"]
        links.add((trader, supplier))
        if row["end_buyer"]:
            links.add((row["end_buyer"], trader))
    graph.add_edges_from(sorted(links))
    return graph


@pytest.fixture(scope="module")
def graphs(cocoa):
    """The graph as imported, with the companies' names, and as the tables have it."""
    client, registry, rows = cocoa
    names = named(client)
    names = {node: "Olam" if name in ("Ofi", "Olam", "Olam International Limited") else name for node, name in names.items()}
    imported = nx.MultiDiGraph()
    imported.add_nodes_from(names.values())
    imported.add_edges_from((names[link["source"]], names[link["target"]]) for link in client.list_links())
    return names, imported, expected_graph(registry, rows)


def test_the_tables_arrive_as_they_are(cocoa, graphs):
    client, registry, _ = cocoa
    names, imported, expected = graphs
    assert set(imported) == set(expected)
    assert sorted(imported.edges()) == sorted(expected.edges())
    placed = collections.Counter(node["region"] for node in client.list_nodes('kind = COOPERATIVE AND id : "CIV-COOP"'))
    assert sum(placed.values()) == len(registry) == 2976
    departments = {region["code"]: region["name"] for region in client.list_regions() if region["code"] in placed}
    expected_sizes = registry.groupby(["region", "department"]).size()
    assert sorted(placed.values()) == sorted(expected_sizes)
    assert set(departments.values()) == set(registry["department"])
    real.say(f"{len(imported):,} nodes, {imported.number_of_edges():,} links, {len(placed)} departments")


def betweenness(graph) -> dict[str, float]:
    """NetworkX's, without having it search from each of the many nodes that have no link."""
    linked = graph.subgraph(node for node, degree in graph.degree() if degree > 0)
    return dict.fromkeys(graph, 0.0) | nx.betweenness_centrality(linked, normalized=False)


def test_components_degree_and_betweenness_equal_networkx(cocoa, graphs):
    client = cocoa[0]
    names, _, graph = graphs

    def scores(answer, column="score"):
        return {names[node]: value for node, value in zip(answer.df["node"], answer.df[column], strict=True)}

    weak = scores(client.weak_components(), "component")
    groups = collections.defaultdict(set)
    for node, label in weak.items():
        groups[label].add(node)
    assert sorted(map(sorted, groups.values())) == sorted(map(sorted, nx.weakly_connected_components(graph)))
    for label, group in groups.items():
        assert names[label] in group
    assert len(set(scores(client.strong_components(), "component").values())) == nx.number_strongly_connected_components(graph)
    assert scores(client.degree()) == dict(graph.degree())
    assert scores(client.degree(direction="FORWARD")) == dict(graph.out_degree())
    undirected = scores(client.betweenness(direction="UNDIRECTED"))
    assert undirected == pytest.approx(betweenness(nx.Graph(graph.to_undirected())), rel=1e-9)
    directed = scores(client.betweenness(direction="FORWARD"))
    assert directed == pytest.approx(betweenness(nx.DiGraph(graph)), rel=1e-9)
    sizes = sorted((len(group) for group in groups.values()), reverse=True)
    best = sorted(undirected.items(), key=lambda item: -item[1])[:4]
    real.say(
        f"{len(groups):,} weak components, the largest of {sizes[0]}, {sizes.count(1):,} cooperatives alone",
        "betweenness (undirected): " + ", ".join(f"{name} {value:,.1f}" for name, value in best),
    )


def test_suppliers_by_number_of_traders(cocoa, graphs):
    client, _, rows = cocoa
    names = graphs[0]
    traders = collections.defaultdict(set)
    for link in client.list_links():
        if names[link["target"]].startswith("CIV-"):
            traders[link["target"]].add(names[link["source"]])
    one = sum(len(found) == 1 for found in traders.values())
    more = sum(len(found) > 1 for found in traders.values())
    supplier = rows["registry_coop_id"].where(rows["registry_match"].isin(SAME), rows["supplier_id"])
    apart = rows["tier1_trader"].groupby(supplier).nunique()
    merged = rows["tier1_trader"].replace(dict.fromkeys(OLAM, "Olam")).groupby(supplier).nunique()
    assert (len(traders), one, more) == (len(merged), (merged == 1).sum(), (merged > 1).sum())
    real.say(
        f"{len(traders)} suppliers: {one} with one trader, {more} with more than one",
        f"with Ofi and Olam apart it would be {(apart == 1).sum()} and {(apart > 1).sum()}",
    )
