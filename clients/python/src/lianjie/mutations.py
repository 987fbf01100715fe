"""Builders of single writes and of what must hold beforehand, for `Client.mutate`:

    client.mutate(create_node("H9", kind="HOUSEHOLD", persons=3), create_link(source="C", target="H9", paid_yuan=800),
                  preconditions=[node_exists("C")])
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from . import values
from .v1 import graph_pb2, graph_service_pb2

Mutation = graph_service_pb2.Mutation
Precondition = graph_service_pb2.Precondition


@dataclasses.dataclass(frozen=True)
class Mutated:
    """What a batch did. link_ids: ids of the links written, in their order. replayed: the request_id was known, and nothing
    was written this time."""

    revision: int
    link_ids: list[str]
    commit_time: datetime.datetime
    replayed: bool


def _element(message_class, key: str | None, id: str | None, fields: dict[str, Any]):
    return values.build(message_class, fields if id is None else {key: id, **fields})


def create_node(id: str, **fields: Any) -> Mutation:
    """Creates a node; refused when it is there."""
    return Mutation(create_node=_element(graph_pb2.Node, "id", id, fields))


def upsert_node(id: str, **fields: Any) -> Mutation:
    """Creates a node, or replaces it whole."""
    return Mutation(upsert_node=_element(graph_pb2.Node, "id", id, fields))


def update_node(id: str, **fields: Any) -> Mutation:
    """Changes the fields given; None clears one."""
    node = _element(graph_pb2.Node, "id", id, fields)
    return Mutation(update_node=graph_service_pb2.UpdateNode(node=node, update_mask=FieldMask(paths=list(fields))))


def delete_node(id: str, *, cascade: bool = False) -> Mutation:
    """Deletes a node; with cascade also the links that begin or end there."""
    return Mutation(delete_node=graph_service_pb2.DeleteNode(id=id, cascade=cascade))


def create_link(source: str, target: str, id: str | None = None, **fields: Any) -> Mutation:
    """Creates a link; without an id one is made."""
    return Mutation(create_link=_element(graph_pb2.Link, "id", id, {"source": source, "target": target, **fields}))


def upsert_link(id: str, source: str, target: str, **fields: Any) -> Mutation:
    """Creates a link, or replaces it whole; its ends too."""
    return Mutation(upsert_link=_element(graph_pb2.Link, "id", id, {"source": source, "target": target, **fields}))


def update_link(id: str, **fields: Any) -> Mutation:
    """Changes the fields given; None clears one."""
    link = _element(graph_pb2.Link, "id", id, fields)
    return Mutation(update_link=graph_service_pb2.UpdateLink(link=link, update_mask=FieldMask(paths=list(fields))))


def delete_link(id: str) -> Mutation:
    """Deletes a link."""
    return Mutation(delete_link=graph_service_pb2.DeleteLink(id=id))


def upsert_region(code: str, **fields: Any) -> Mutation:
    """Creates a region, or replaces it whole."""
    return Mutation(upsert_region=_element(graph_pb2.Region, "code", code, fields))


def delete_region(code: str) -> Mutation:
    """Deletes a region that no region lies in."""
    return Mutation(delete_region=graph_service_pb2.DeleteRegion(code=code))


def upsert_line(year: int, **fields: Any) -> Mutation:
    """Creates a line, or replaces the one of the same region and year."""
    return Mutation(upsert_line=_element(graph_pb2.Line, None, None, {"year": year, **fields}))


def delete_line(year: int, region: str = "") -> Mutation:
    """Deletes a line."""
    return Mutation(delete_line=graph_service_pb2.DeleteLine(region=region, year=year))


def node_exists(id: str) -> Precondition:
    """There is a node of this id."""
    return Precondition(node_exists=id)


def node_absent(id: str) -> Precondition:
    """There is no node of this id."""
    return Precondition(node_absent=id)


def link_exists(id: str) -> Precondition:
    """There is a link of this id."""
    return Precondition(link_exists=id)


def link_absent(id: str) -> Precondition:
    """There is no link of this id."""
    return Precondition(link_absent=id)


def graph_revision_equals(revision: int) -> Precondition:
    """Nothing was committed since this revision."""
    return Precondition(graph_revision_equals=revision)


def field_equals(field: str, value: Any, *, node: str | None = None, link: str | None = None) -> Precondition:
    """A field of a node or a link has this value; None: it is not given."""
    if (node is None) == (link is None):
        raise ValueError("field_equals takes either node or link")
    text = "" if value is None else str(value)
    element = {"node": node} if link is None else {"link": link}
    return Precondition(field_equals=graph_service_pb2.FieldEquals(field=field, value=text, **element))
