"""What the API says about itself.

The package carries the protos' descriptor with its comments. Enum names, option types, required options and help texts
are read from it, so that nobody types them again and nothing drifts when an analysis is added.
"""

from __future__ import annotations

import functools
import importlib.resources
import re

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

_MESSAGE, _ENUM, _FIELD, _VALUE = 4, 5, 2, 2  # field numbers of FileDescriptorProto, DescriptorProto, EnumDescriptorProto


@functools.cache
def comments() -> dict[str, str]:
    """Comment of each message, field, enum and value, by full name; lines joined, paragraphs parted by an empty line."""
    data = importlib.resources.files("lianjie.v1").joinpath("descriptors.binpb").read_bytes()
    found: dict[str, str] = {}
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:
        for location in file.source_code_info.location:
            name = _name(file, list(location.path))
            if name and location.leading_comments:
                found[f"{file.package}.{name}"] = _flow(location.leading_comments)
    return found


def _name(file: descriptor_pb2.FileDescriptorProto, path: list[int]) -> str | None:
    if len(path) not in (2, 4) or path[0] not in (_MESSAGE, _ENUM):
        return None
    outer = (file.message_type if path[0] == _MESSAGE else file.enum_type)[path[1]]
    if len(path) == 2:
        return outer.name
    if path[2] != (_FIELD if path[0] == _MESSAGE else _VALUE):
        return None
    inner = (outer.field if path[0] == _MESSAGE else outer.value)[path[3]]
    return f"{outer.name}.{inner.name}"


def _flow(comment: str) -> str:
    paragraphs = re.split(r"\n\s*\n", comment.strip("\n"))
    return "\n\n".join(" ".join(line.strip() for line in paragraph.splitlines()).strip() for paragraph in paragraphs)


def comment(full_name: str) -> str:
    """Comment of an element by its full name; empty where there is none."""
    return comments().get(full_name, "")


@functools.cache
def enum_names(enum: EnumDescriptor) -> dict[int, str]:
    """Names of an enum's values as files and filters write them (HOUSEHOLD), by number; zero is "not said" and left out."""
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return {value.number: value.name.removeprefix(prefix) for value in enum.values if value.number != 0}


@functools.cache
def enum_numbers(enum: EnumDescriptor) -> dict[str, int]:
    """The reverse of enum_names, with the full names (NODE_KIND_HOUSEHOLD) beside the bare ones."""
    numbers = {value.name: value.number for value in enum.values}
    return numbers | {name: number for number, name in enum_names(enum).items()}


def is_required(field: FieldDescriptor) -> bool:
    """Whether an option must be given, as its comment says."""
    return bool(re.search(r"\bRequired\.|\brequired\.", comment(field.full_name)))
