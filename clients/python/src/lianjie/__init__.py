"""Client of Lianjie, a graph-analytics engine for industrial chains and interest-binding networks.

    import lianjie

    with lianjie.connect("127.0.0.1:7443") as client:
        client.import_data(nodes=nodes, links=links)     # DataFrames with the columns of the CSV files
        flow = client.benefit_flow(mode="SHARE")
        flow.df, flow.ledger
"""

from .client import Client, connect
from .convert import to_igraph, to_networkx
from .errors import LianjieError
from .loading import Imported
from .mutations import (
    Mutated,
    create_link,
    create_node,
    delete_line,
    delete_link,
    delete_node,
    delete_region,
    field_equals,
    graph_revision_equals,
    link_absent,
    link_exists,
    node_absent,
    node_exists,
    update_link,
    update_node,
    upsert_line,
    upsert_link,
    upsert_node,
    upsert_region,
)
from .results import Progress, Result, Running
from .watching import Event, Watch

__version__ = "0.1.0"
__all__ = [
    "Client",
    "Event",
    "Imported",
    "LianjieError",
    "Mutated",
    "Progress",
    "Result",
    "Running",
    "Watch",
    "connect",
    "create_link",
    "create_node",
    "delete_line",
    "delete_link",
    "delete_node",
    "delete_region",
    "field_equals",
    "graph_revision_equals",
    "link_absent",
    "link_exists",
    "node_absent",
    "node_exists",
    "to_igraph",
    "to_networkx",
    "update_link",
    "update_node",
    "upsert_line",
    "upsert_link",
    "upsert_node",
    "upsert_region",
]
