"""Tables into a load. Rows become messages a column at a time, since most cells of a column repeat: an enum or a date is
converted once for each value that occurs. Messages go out in chunks of about 1 MiB, so that a load of any size holds
little memory here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pandas as pd
from google.protobuf.message import Message

from . import errors, values
from .v1 import graph_pb2, transfer_pb2

Rows = pd.DataFrame | Iterable[Mapping[str, Any]]

CHUNK_BYTES = 1 << 20
_SLICE_ROWS = 4096
_CLASSES: dict[str, type[Message]] = {
    "regions": graph_pb2.Region,
    "lines": graph_pb2.Line,
    "nodes": graph_pb2.Node,
    "links": graph_pb2.Link,
}


@dataclasses.dataclass(frozen=True)
class Imported:
    """What a load did. counts: {"nodes": {"created": n, "updated": n}, ...}. bad_rows: origin, line, field, reason, message,
    id of each row put aside. rejected: how many were put aside, which is more than bad_rows has when bad_rows_truncated."""

    revision: int
    counts: dict[str, dict[str, int]]
    rejected: int
    bad_rows: pd.DataFrame
    bad_rows_truncated: bool


def _column(message_class: type[Message], name: str, series: pd.Series, first_row: int) -> tuple[str, list[Any]]:
    """A column's field (properties as prop:NAME) and its values, None where a cell says nothing."""
    cells = series.tolist()
    missing = series.isna().tolist()
    if name.startswith("prop:"):
        return name, [None if gone or cell == "" else str(cell) for cell, gone in zip(cells, missing, strict=True)]
    field = values.field_of(message_class.DESCRIPTOR, name)
    known: dict[Any, Any] = {}
    repeats = field.enum_type is not None or field.message_type is not None
    found = []
    for row, (cell, gone) in enumerate(zip(cells, missing, strict=True)):
        if gone is True or (isinstance(cell, str) and cell == ""):
            found.append(None)
        elif repeats and isinstance(cell, str):
            if cell not in known:
                known[cell] = values.convert(field, cell, row=first_row + row, table=True)
            found.append(known[cell])
        else:
            found.append(values.convert(field, cell, row=first_row + row, table=True))
    return name, found


def _from_frame(message_class: type[Message], frame: pd.DataFrame) -> Iterator[Message]:
    for start in range(0, len(frame), _SLICE_ROWS):
        part = frame.iloc[start : start + _SLICE_ROWS]
        columns = dict(_column(message_class, str(name), part[name], start) for name in part.columns)
        names = list(columns)
        free = {name: name.removeprefix("prop:") for name in names if name.startswith("prop:")}
        for row in zip(*columns.values(), strict=True):
            given = {name: cell for name, cell in zip(names, row, strict=True) if cell is not None}
            if free:
                properties = {short: given.pop(name) for name, short in free.items() if name in given}
                given["properties"] = properties | given.get("properties", {})
            yield message_class(**given)


def messages(kind: str, rows: Rows) -> Iterator[Message]:
    """The rows of a table as messages. kind: regions, lines, nodes or links."""
    message_class = _CLASSES[kind]
    number = None
    try:
        if isinstance(rows, pd.DataFrame):
            yield from _from_frame(message_class, rows)
            return
        for number, row in enumerate(rows):
            yield values.build(message_class, row)
    except errors.LianjieError as error:
        at = number if error.row is None else error.row
        where = kind if at is None else f"{kind}:{at + 1}"
        raise errors.bad_value(f"{where}: {error.message}", reason=error.reason, field=error.field or "", row=at) from error


def requests(
    options: transfer_pb2.ImportOptions,
    tables: Mapping[str, Rows | None],
    sent: Callable[[int], None] | None = None,
) -> Iterator[transfer_pb2.ImportRequest]:
    """The stream of a load: options, chunks, end. sent: told the number of rows after each chunk."""
    yield transfer_pb2.ImportRequest(options=options)
    total = 0
    for kind in _CLASSES:
        if tables.get(kind) is None:
            continue
        chunk: list[Message] = []
        size = 0
        for message in messages(kind, tables[kind]):
            length = message.ByteSize() + 6  # and its key and length
            if chunk and size + length > CHUNK_BYTES:
                yield _chunk(kind, chunk)
                total += len(chunk)
                if sent:
                    sent(total)
                chunk, size = [], 0
            chunk.append(message)
            size += length
        if chunk:
            yield _chunk(kind, chunk)
            total += len(chunk)
            if sent:
                sent(total)
    yield transfer_pb2.ImportRequest(end=transfer_pb2.ImportEnd(row_count=total))


def _chunk(kind: str, rows: list[Message]) -> transfer_pb2.ImportRequest:
    return transfer_pb2.ImportRequest(chunk=transfer_pb2.ImportChunk(origin=kind, **{kind: rows}))


def imported(response: transfer_pb2.ImportResponse) -> Imported:
    """The answer of a load."""
    counts = {
        kind: {"created": getattr(response, kind).created_count, "updated": getattr(response, kind).updated_count}
        for kind in _CLASSES
    }
    columns = [field.name for field in transfer_pb2.RowError.DESCRIPTOR.fields]
    rows = [[getattr(row, name) for name in columns] for row in response.row_errors]
    return Imported(
        revision=response.revision,
        counts=counts,
        rejected=response.rejected_count,
        bad_rows=pd.DataFrame(rows, columns=columns),
        bad_rows_truncated=response.row_errors_truncated,
    )
