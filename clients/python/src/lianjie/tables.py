"""Batches of columns into a DataFrame.

A column of doubles is decoded without a Python object a value: in protobuf's encoding a packed field of doubles is the
array itself, so numpy reads it where it lies. Texts and whole numbers are of varying length there and come by way of lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from .v1 import frame_pb2

_DOUBLES_KEY = frame_pb2.Column.DESCRIPTOR.fields_by_name["doubles"].number << 3 | 2
_LENGTH_DELIMITED = 2


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _doubles(column: frame_pb2.Column) -> np.ndarray:
    data, at = column.SerializeToString(), 0
    while at < len(data):
        key, at = _varint(data, at)
        if key & 7 != _LENGTH_DELIMITED:  # all fields of a Column are packed or bytes
            break
        length, at = _varint(data, at)
        if key == _DOUBLES_KEY:
            return np.frombuffer(data, "<f8", length // 8, at)
        at += length
    return np.asarray(column.doubles, dtype=np.float64)


def _nulls(column: frame_pb2.Column, rows: int) -> np.ndarray:
    if not column.nulls:
        return np.zeros(rows, dtype=bool)
    bits = np.unpackbits(np.frombuffer(column.nulls, np.uint8), bitorder="little", count=rows)
    return bits.astype(bool)


def _series(kind: int, columns: Sequence[frame_pb2.Column], rows: Sequence[int]) -> pd.api.extensions.ExtensionArray | np.ndarray:
    masks = [_nulls(column, count) for column, count in zip(columns, rows, strict=True)]
    null = np.concatenate(masks) if masks else np.zeros(0, dtype=bool)
    if kind == frame_pb2.COLUMN_TYPE_DOUBLE:
        values = np.concatenate([_doubles(column) for column in columns] or [np.zeros(0)])
        if null.any():
            values = np.where(null, np.nan, values)
        return values
    if kind == frame_pb2.COLUMN_TYPE_INT64:
        parts = [np.fromiter(column.int64s, np.int64, count) for column, count in zip(columns, rows, strict=True)]
        values = np.concatenate(parts or [np.zeros(0, np.int64)])
        return pd.arrays.IntegerArray(values, null) if null.any() else values
    if kind == frame_pb2.COLUMN_TYPE_BOOL:
        parts = [np.fromiter(column.bools, bool, count) for column, count in zip(columns, rows, strict=True)]
        values = np.concatenate(parts or [np.zeros(0, bool)])
        return pd.arrays.BooleanArray(values, null) if null.any() else values
    texts = np.empty(len(null), dtype=object)
    texts[:] = [text for column in columns for text in column.strings]
    texts[null] = pd.NA
    return pd.array(texts, dtype="string")


def to_frame(columns: Sequence[frame_pb2.ColumnInfo], batches: Iterable[frame_pb2.TableBatch]) -> pd.DataFrame:
    """The rows of batches, in their order, as a DataFrame with the header's columns.

    DOUBLE becomes float64 with NaN, STRING "string" with NA; INT64 and BOOL become int64 and bool, or, where a value is
    missing, Int64 and boolean with NA.
    """
    batches = list(batches)
    rows = [batch.row_count for batch in batches]
    data = {
        info.name: _series(info.type, [batch.columns[number] for batch in batches], rows)
        for number, info in enumerate(columns)
    }
    return pd.DataFrame(data, columns=[info.name for info in columns], index=pd.RangeIndex(sum(rows)), copy=False)
