"""A graph's tables as graphs of other libraries. Parallel links, self-loops and isolated nodes are kept; attributes are
those of the tables, missing ones left out. networkx and igraph are imported only here, when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from . import values

if TYPE_CHECKING:
    import igraph
    import networkx


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if isinstance(value, list | dict) or not values.is_missing(value)}
        for row in frame.to_dict("records")
    ]


def to_networkx(nodes: pd.DataFrame, links: pd.DataFrame, *, directed: bool = True) -> networkx.MultiDiGraph | networkx.MultiGraph:
    """A MultiDiGraph (MultiGraph when not directed); a link's id is its key."""
    import networkx

    graph = networkx.MultiDiGraph() if directed else networkx.MultiGraph()
    for row in _rows(nodes):
        graph.add_node(row.pop("id"), **row)
    for row in _rows(links):
        graph.add_edge(row.pop("source"), row.pop("target"), key=row.pop("id", None), **row)
    return graph


def to_igraph(nodes: pd.DataFrame, links: pd.DataFrame, *, directed: bool = True) -> igraph.Graph:
    """A Graph whose vertices have their id as `name`, as igraph has it; the nodes' own names become `label`."""
    import igraph

    ids = nodes["id"].tolist()
    number = {node: index for index, node in enumerate(ids)}
    graph = igraph.Graph(n=len(ids), directed=directed)
    for column in nodes.columns:
        graph.vs["label" if column == "name" else column] = nodes[column].tolist()
    graph.vs["name"] = ids
    graph.add_edges(zip(links["source"].map(number).tolist(), links["target"].map(number).tolist(), strict=True))
    for column in links.columns.difference(["source", "target"]):
        graph.es[column] = links[column].tolist()
    return graph
