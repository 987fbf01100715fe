"""Python values into protobuf fields and back.

A field takes what a table holds: a bare enum name, an ISO date, a date, a Timestamp, a number of numpy's, a list or a
`;`-joined text for lists. None, NaN, NA and NaT mean "not given". What does not fit is refused by name rather than cast:
3.5 persons are no persons.
"""

from __future__ import annotations

import datetime
import functools
import math
import numbers
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.type import date_pb2

from . import descriptors, errors

Row = dict[str, Any]
_PROPERTY = "prop:"
_INTS = {FieldDescriptor.CPPTYPE_INT32: 31, FieldDescriptor.CPPTYPE_INT64: 63}


def is_missing(value: Any) -> bool:
    """Whether a cell says nothing: None, NaN, NA, NaT, or an empty text."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, str):
        return value == ""
    return isinstance(value, numbers.Real) and value != value


def to_date(value: Any) -> date_pb2.Date:
    """A date from ISO 8601 text, a date, a datetime or a Timestamp. Throws ValueError."""
    if isinstance(value, str):
        value = datetime.date.fromisoformat(value)
    if not hasattr(value, "year"):
        value = pd.Timestamp(value)
    return date_pb2.Date(year=value.year, month=value.month, day=value.day)


def from_date(value: date_pb2.Date) -> datetime.date | None:
    """A date, or None where none is set."""
    return datetime.date(value.year, value.month, value.day) if value.year else None


def _to_enum(field: FieldDescriptor, value: Any) -> int:
    if isinstance(value, numbers.Integral):
        return int(value)
    numbers_by_name = descriptors.enum_numbers(field.enum_type)
    number = numbers_by_name.get(str(value).strip().upper())
    if number is None:
        names = list(descriptors.enum_names(field.enum_type).values())
        raise ValueError(f"is none of {', '.join(names)}{errors.nearest(str(value).upper(), names)}")
    return number


def _digits(text: str) -> str:
    """The text of a number; Python would take 1_000 for one, tables do not."""
    if "_" in text:
        raise ValueError("has a '_', which numbers do not")
    return text


def _to_int(bits: int, value: Any) -> int:
    if isinstance(value, str):
        value = int(_digits(value))
    whole = int(value)
    if whole != value or not -(2**bits) <= whole < 2**bits:
        raise ValueError("is no whole number that fits")
    return whole


def _to_float(value: Any) -> float:
    number = float(_digits(value) if isinstance(value, str) else value)
    if math.isinf(number):
        raise ValueError("is not finite")
    return number


def _to_bool(value: Any) -> bool:
    if isinstance(value, str):
        if value.lower() not in ("true", "false"):
            raise ValueError("is neither true nor false")
        return value.lower() == "true"
    return bool(value)


def _to_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a column of whole ids with a gap is one of floats in pandas
    return str(value)


def _scalar(field: FieldDescriptor) -> Callable[[Any], Any]:
    if field.enum_type is not None:
        return functools.partial(_to_enum, field)
    if field.message_type is not None:
        if field.message_type is date_pb2.Date.DESCRIPTOR:
            return to_date
        return functools.partial(build, GetMessageClass(field.message_type))
    if field.cpp_type in _INTS:
        return functools.partial(_to_int, _INTS[field.cpp_type])
    if field.cpp_type == FieldDescriptor.CPPTYPE_DOUBLE:
        return _to_float
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return _to_bool
    return _to_text


def _list(field: FieldDescriptor, value: Any) -> list[Any]:
    scalar = _scalar(field)
    if isinstance(value, pd.DataFrame):
        value = value.to_dict("records")
    elif isinstance(value, str):
        # Texts may hold any sign, so one text is one value; only in tables is ";" a separator, see `cell`.
        value = value.replace(";", ",").split(",") if field.enum_type is not None else [value]
    elif isinstance(value, Mapping | numbers.Number) or not isinstance(value, Iterable):
        value = [value]
    return [scalar(item) for item in value if not (isinstance(item, str | float) and is_missing(item))]


def is_map(field: FieldDescriptor) -> bool:
    """Whether a field is a map."""
    return field.message_type is not None and field.message_type.GetOptions().map_entry


@functools.cache
def converter(field: FieldDescriptor) -> Callable[[Any], Any]:
    """What turns a value into the field's own; throws ValueError or TypeError saying what is wrong with it."""
    if is_map(field):
        return lambda value: {str(key): str(item) for key, item in value.items()}
    if field.is_repeated:
        return functools.partial(_list, field)
    return _scalar(field)


@functools.cache
def cell(field: FieldDescriptor) -> Callable[[Any], Any]:
    """As converter, for the cells of a table, where lists may be written with ";" between."""
    convert = converter(field)
    if not field.is_repeated or is_map(field):
        return convert
    return lambda value: convert(value.split(";") if isinstance(value, str) else value)


def field_of(message: Descriptor, name: str) -> FieldDescriptor:
    """A message's field by name; one that is none is refused with the nearest that is."""
    field = message.fields_by_name.get(name)
    if field is None:
        near = errors.nearest(name, message.fields_by_name)
        raise errors.bad_value(
            f"{message.name} has no field {name!r}{near}", reason="UNKNOWN_FIELD", field=name
        )
    return field


def build(message_class: type[Message], values: Mapping[str, Any] | Message) -> Message:
    """A message from values by field name; `prop:NAME` sets a free property. Values that say nothing are left out."""
    if isinstance(values, message_class):
        return values
    descriptor = message_class.DESCRIPTOR
    arguments: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(name, str) and name.startswith(_PROPERTY) and "properties" in descriptor.fields_by_name:
            if not is_missing(value):
                arguments.setdefault("properties", {})[name.removeprefix(_PROPERTY)] = str(value)
            continue
        field = field_of(descriptor, name)
        if is_missing(value):
            continue
        converted = convert(field, value)
        if is_map(field):
            arguments.setdefault(name, {}).update(converted)
        else:
            arguments[name] = converted
    return message_class(**arguments)


def convert(field: FieldDescriptor, value: Any, *, row: int | None = None, table: bool = False) -> Any:
    """A value as the field's own; LianjieError naming field, value and row when it does not fit."""
    try:
        return (cell if table else converter)(field)(value)
    except (ValueError, TypeError, OverflowError) as error:
        said = f"{field.name}: {value!r} {error}"
        raise errors.bad_value(said, field=field.name, row=row, value=str(value)) from error


def _plain(field: FieldDescriptor, value: Any) -> Any:
    if field.enum_type is not None:
        return descriptors.enum_names(field.enum_type).get(value, "" if value == 0 else value)
    if field.message_type is None:
        return value
    if field.message_type is date_pb2.Date.DESCRIPTOR:
        return from_date(value)
    if field.message_type.full_name == "google.protobuf.Timestamp":
        return value.ToDatetime(tzinfo=datetime.UTC)
    if field.message_type.full_name == "google.protobuf.Duration":
        return value.ToTimedelta()
    return record(value)


def record(message: Message) -> Row:
    """A message as a dict of plain values: enums bare, dates as dates. Fields that are not given are left out."""
    row: Row = {}
    for field, value in message.ListFields():
        if is_map(field):
            row[field.name] = dict(value)
        elif field.is_repeated:
            row[field.name] = [_plain(field, item) for item in value]
        else:
            row[field.name] = _plain(field, value)
    return row


def whole(message: Message) -> Row:
    """As record, with numbers and truths that are zero, and lists that are empty, there too."""
    found = record(message)
    for field in message.DESCRIPTOR.fields:
        if field.is_repeated:
            if field.message_type is not None and not is_map(field):
                found[field.name] = [whole(item) for item in getattr(message, field.name)]
            else:
                found.setdefault(field.name, {} if is_map(field) else [])
        elif field.message_type is None and not field.has_presence and field.enum_type is None:
            found[field.name] = getattr(message, field.name)
        elif field.name in found and isinstance(found[field.name], dict):
            found[field.name] = whole(getattr(message, field.name))
    return {field.name: found[field.name] for field in message.DESCRIPTOR.fields if field.name in found}
