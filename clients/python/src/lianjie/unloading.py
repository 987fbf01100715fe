"""Messages into tables with the columns of the CSV files, so that what is unloaded can be loaded again."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

import pandas as pd
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from . import values

_REQUIRED = {"id", "kind", "source", "target", "mechanism", "code", "parent", "level", "region", "year"}
_INTS = (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64)


@dataclasses.dataclass(frozen=True)
class Tables:
    """A graph at one revision, whole."""

    revision: int
    regions: pd.DataFrame
    lines: pd.DataFrame
    nodes: pd.DataFrame
    links: pd.DataFrame

    def write(self, directory: str | pathlib.Path) -> None:
        """Writes regions.csv, lines.csv, nodes.csv and links.csv; what is empty is left out."""
        folder = pathlib.Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("regions", "lines", "nodes", "links"):
            frame = getattr(self, name)
            if len(frame):
                frame.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")


def _array(field: FieldDescriptor | None, cells: list[Any]):
    if field is None or field.enum_type is not None or field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return pd.array([pd.NA if cell is None else cell for cell in cells], dtype="string")
    if field.cpp_type in _INTS:
        return pd.array(cells, dtype="Int64")
    if field.cpp_type == FieldDescriptor.CPPTYPE_DOUBLE:
        return pd.array([float("nan") if cell is None else cell for cell in cells], dtype="float64")
    return pd.Series(cells, dtype=object).array


def to_frame(message_class: type[Message], messages: Sequence[Message]) -> pd.DataFrame:
    """Messages as rows: columns in the order of the proto, those that no row fills left out; lists are joined by ";", free
    properties stand in columns prop:NAME, numbers that are not given are NaN or NA."""
    rows = [values.record(message) for message in messages]
    columns: dict[str, Any] = {}
    for field in message_class.DESCRIPTOR.fields:
        if values.is_map(field):
            for name in sorted({name for row in rows for name in row.get(field.name, ())}):
                columns[f"prop:{name}"] = _array(None, [row.get(field.name, {}).get(name) for row in rows])
            continue
        implied = None if field.has_presence or field.is_repeated else field.default_value
        texts = field.enum_type is not None or field.cpp_type == FieldDescriptor.CPPTYPE_STRING
        cells = [row.get(field.name, None if texts else implied) for row in rows]
        if field.is_repeated:
            cells = [None if cell is None else ";".join(cell) for cell in cells]
        if field.name in _REQUIRED or any(cell is not None and cell != implied for cell in cells):
            columns[field.name] = _array(field, cells)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)))
