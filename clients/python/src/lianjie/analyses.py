"""One method an analysis, made from the API's descriptor when the package is imported: arguments, types and help are those
of the proto. A new analysis on the server's side appears here by generating the stubs anew."""

from __future__ import annotations

import inspect
from typing import Any, Literal

import pandas as pd
from google.protobuf.descriptor import FieldDescriptor

from . import descriptors, errors, values
from .results import Result
from .v1 import analysis_pb2, frame_pb2

ANALYSES: dict[str, FieldDescriptor] = {
    field.name: field for field in analysis_pb2.Analysis.DESCRIPTOR.oneofs_by_name["analysis"].fields
}

# Arguments that all analyses share; what they do is said in Client.run.
FRAME: dict[str, Any] = {
    "graph": str,
    "as_of": "str | datetime.date",
    "period": "tuple[str | datetime.date, str | datetime.date]",
    "region": str,
    "nodes": str,
    "links": str,
    "scenario": dict,
    "latest": bool,
    "revision": int,
    "max_rows": int,
    "max_memory_bytes": int,
    "threads": int,
    "timeout": float,
    "progress": "bool | Callable[[Progress], None]",
}

_SCALARS = {
    FieldDescriptor.CPPTYPE_BOOL: bool,
    FieldDescriptor.CPPTYPE_DOUBLE: float,
    FieldDescriptor.CPPTYPE_INT32: int,
    FieldDescriptor.CPPTYPE_INT64: int,
    FieldDescriptor.CPPTYPE_STRING: str,
}


def annotation(field: FieldDescriptor) -> Any:
    """The Python type of an option."""
    if field.enum_type is not None:
        kind = Literal[tuple(descriptors.enum_names(field.enum_type).values())]
    elif field.message_type is not None:
        kind = dict
    else:
        kind = _SCALARS[field.cpp_type]
    if field.is_repeated:
        return list[kind] | kind | pd.DataFrame if field.message_type is not None else list[kind] | kind
    return kind


def _signature(options: list[FieldDescriptor]) -> inspect.Signature:
    kinds = inspect.Parameter
    required = [field for field in options if descriptors.is_required(field)]
    parameters = [kinds("self", kinds.POSITIONAL_OR_KEYWORD)]
    parameters += [kinds(field.name, kinds.POSITIONAL_OR_KEYWORD, annotation=annotation(field)) for field in required]
    parameters += [
        kinds(field.name, kinds.KEYWORD_ONLY, default=None, annotation=annotation(field) | None)
        for field in options
        if field not in required
    ]
    parameters += [
        kinds(name, kinds.KEYWORD_ONLY, default=None, annotation=kind if isinstance(kind, str) else kind | None)
        for name, kind in FRAME.items()
    ]
    return inspect.Signature(parameters, return_annotation=Result)


def _help(field: FieldDescriptor) -> str:
    lines = [descriptors.comment(field.message_type.full_name), "", "Options:"]
    for option in field.message_type.fields:
        lines.append(f"  {option.name}: {descriptors.comment(option.full_name)}")
    if not field.message_type.fields:
        lines.append("  none of its own.")
    return "\n".join([*lines, "", f"Arguments that all analyses share are said in `Client.run`: {', '.join(FRAME)}."])


def _method(field: FieldDescriptor):
    signature = _signature(list(field.message_type.fields))

    def method(*args: Any, **kwargs: Any) -> Result:
        bound = signature.bind(*args, **kwargs)
        arguments = dict(bound.arguments)
        return arguments.pop("self").run(field.name, **arguments)

    method.__name__ = field.name
    method.__qualname__ = f"Client.{field.name}"
    method.__doc__ = _help(field)
    method.__signature__ = signature
    method.__annotations__ = {
        name: parameter.annotation for name, parameter in signature.parameters.items() if name != "self"
    } | {"return": Result}
    return method


Analyses = type(
    "Analyses",
    (),
    {"__doc__": "A method for each analysis.", **{name: _method(field) for name, field in ANALYSES.items()}},
)


def analysis_message(name: str, options: dict[str, Any]) -> analysis_pb2.Analysis:
    """The request's analysis from a name and options. Throws LianjieError naming what is not known."""
    field = ANALYSES.get(name)
    if field is None:
        near = errors.nearest(name, ANALYSES)
        raise errors.bad_value(f"there is no analysis {name!r}{near}", reason="UNKNOWN_FIELD", field="analysis", value=name)
    given = {key: value for key, value in options.items() if value is not None}
    for key in given:
        if key not in field.message_type.fields_by_name:
            near = errors.nearest(key, [*field.message_type.fields_by_name, *FRAME])
            raise errors.bad_value(f"{name} has no option {key!r}{near}", reason="UNKNOWN_FIELD", field=key)
    message = analysis_pb2.Analysis()
    target = getattr(message, name)
    target.SetInParent()
    for key, value in given.items():
        option = field.message_type.fields_by_name[key]
        converted = values.convert(option, value)
        if option.is_repeated:
            getattr(target, key).extend(converted)
        elif option.message_type is not None:
            getattr(target, key).CopyFrom(converted)
        else:
            setattr(target, key, converted)
    return message


def frame_message(
    graph: str,
    consistency: frame_pb2.Consistency | None,
    *,
    as_of: Any = None,
    period: Any = None,
    region: str | None = None,
    nodes: str | None = None,
    links: str | None = None,
    scenario: Any = None,
    max_rows: int | None = None,
    max_memory_bytes: int | None = None,
    threads: int | None = None,
) -> frame_pb2.Frame:
    """The frame of a request."""
    frame = frame_pb2.Frame(graph=graph, consistency=consistency)
    if as_of is not None and period is not None:
        raise errors.bad_value("as_of and period exclude one another", field="period")
    if as_of is not None:
        frame.as_of.CopyFrom(_date("as_of", as_of))
    if period is not None:
        start, end = period
        frame.period.start.CopyFrom(_date("period", start))
        frame.period.end.CopyFrom(_date("period", end))
    for name, value in (("region", region), ("nodes", nodes), ("links", links)):
        if value:
            setattr(frame.filter, name, str(value))
    for name, value in (("max_rows", max_rows), ("max_memory_bytes", max_memory_bytes), ("threads", threads)):
        if value:
            setattr(frame.limits, name, int(value))
    if scenario is not None:
        frame.scenario.CopyFrom(values.build(frame_pb2.Scenario, scenario))
    return frame


def _date(name: str, value: Any):
    try:
        return values.to_date(value)
    except (ValueError, TypeError) as error:
        raise errors.bad_value(f"{name}: {value!r} is no date: {error}", field=name, value=str(value)) from error
