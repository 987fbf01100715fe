"""The one error of the client. A server's refusal arrives as a canonical code with google.rpc.ErrorInfo and, where a
field is at fault, google.rpc.BadRequest; both are unpacked here, so that callers need no gRPC to tell what went wrong."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping

import grpc
from google.rpc import error_details_pb2, status_pb2


class LianjieError(Exception):
    """A request that was refused or failed.

    code: canonical name, as "NOT_FOUND". reason: ErrorReason without prefix, as "NODE_NOT_FOUND"; empty when the error is not
    the server's own. field: the field at fault, as "mutations[3].node.share". row: number of the row at fault, from 0.
    metadata: every value of the sentence. retry_after_seconds: when a retry may help.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        reason: str = "",
        field: str | None = None,
        row: int | None = None,
        metadata: Mapping[str, str] | None = None,
        violations: Iterable[tuple[str, str]] = (),
        retry_after_seconds: float | None = None,
    ):
        super().__init__(message)
        self.message = message
        self.code = code
        self.reason = reason
        self.field = field
        self.row = row
        self.metadata = dict(metadata or {})
        self.violations = list(violations)
        self.retry_after_seconds = retry_after_seconds

    def __str__(self) -> str:
        where = "" if self.row is None else f" (row {self.row})"
        return f"{self.message}{where} [{self.code}{f', {self.reason}' if self.reason else ''}]"


def bad_value(message: str, *, reason: str = "INVALID_FIELD", field: str = "", row: int | None = None, **metadata: str):
    """An error found before anything was sent, in the form that the server would give it."""
    told = {**metadata, **({"field": field} if field else {}), **({} if row is None else {"row": str(row)})}
    return LianjieError(
        message, code="INVALID_ARGUMENT", reason=reason, field=field or None, row=row, metadata=told
    )


def nearest(name: str, names: Iterable[str]) -> str:
    """`; did you mean X?`, or nothing when no name is near."""
    near = difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


@dataclasses.dataclass
class _Details:
    info: error_details_pb2.ErrorInfo
    request: error_details_pb2.BadRequest
    retry: error_details_pb2.RetryInfo | None


def _details(error: grpc.RpcError) -> _Details:
    found = _Details(error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), None)
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for detail in status_pb2.Status.FromString(value).details:
            if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
                detail.Unpack(found.info)
            elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
                detail.Unpack(found.request)
            elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
                found.retry = error_details_pb2.RetryInfo()
                detail.Unpack(found.retry)
    return found


def from_rpc(error: grpc.RpcError) -> LianjieError:
    """The error of a call as LianjieError."""
    details = _details(error)
    metadata = dict(details.info.metadata)
    violations = [(violation.field, violation.description) for violation in details.request.field_violations]
    field = violations[0][0] if violations else metadata.get("field")
    row, message = metadata.get("row", ""), error.details() or error.code().name
    origin, line = metadata.get("origin", ""), metadata.get("line", "")
    if origin and line.isdigit():  # a row of a load: its table, and its line there, from 1
        message, row = f"{origin}:{line}: {message}", str(int(line) - 1)
    retry = details.retry.retry_delay.ToTimedelta().total_seconds() if details.retry else None
    return LianjieError(
        message,
        code=error.code().name,
        reason=details.info.reason,
        field=field or None,
        row=int(row) if row.isdigit() else None,
        metadata=metadata,
        violations=violations,
        retry_after_seconds=retry,
    )
