"""What an analysis answers, and the handle of one that runs."""

from __future__ import annotations

import dataclasses
import datetime
import sys
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pandas as pd

from . import errors, tables, values
from .v1 import analysis_service_pb2, frame_pb2


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a piece of work is. Numbers only rise; total_work is 0 while it is not known."""

    phase: str
    completed_work: int
    total_work: int
    elapsed_seconds: float


ProgressCallback = Callable[[Progress], None]


class Bar:
    """Progress as one line that is written anew; made for a terminal."""

    def __init__(self, title: str, stream=None):
        self._title = title
        self._stream = stream or sys.stderr
        self._length = 0

    def __call__(self, progress: Progress) -> None:
        done = ""
        if progress.total_work > 0:
            share = min(1.0, progress.completed_work / progress.total_work)
            done = f" [{'#' * int(30 * share):<30}] {share:4.0%}"
        self._write(f"{self._title}: {progress.phase}{done} {progress.elapsed_seconds:.1f} s")

    def close(self) -> None:
        if self._length:
            self._write("")
            self._stream.write("\r")
            self._stream.flush()

    def _write(self, line: str) -> None:
        self._stream.write("\r" + line.ljust(self._length))
        self._stream.flush()
        self._length = len(line)


def reporter(progress: bool | ProgressCallback | None, title: str) -> ProgressCallback | None:
    """A callback from a `progress` argument: None is a bar on a terminal alone, True a bar, False nothing."""
    if callable(progress):
        return progress
    if progress is None:
        progress = sys.stderr.isatty()
    return Bar(title) if progress else None


@dataclasses.dataclass(frozen=True)
class Result:
    """An answer. `df` holds the rows; the rest is its frame.

    options: the options as they took effect, defaults filled in. ledger: the money's, or None where none is concerned.
    truncated: whether rows are missing, and truncation says which limit cut them. columns: unit and description by name.
    """

    analysis: str
    graph: str
    revision: int
    df: pd.DataFrame
    summary: dict[str, Any]
    options: dict[str, Any]
    ledger: dict[str, float] | None
    warnings: list[str]
    truncated: bool
    truncation: str
    as_of: datetime.date | None
    period: tuple[datetime.date, datetime.date] | None
    columns: dict[str, dict[str, str]]
    run_seconds: float

    def __repr__(self) -> str:
        cut = ", truncated" if self.truncated else ""
        return f"<Result of {self.analysis}: {len(self.df)} rows{cut}, revision {self.revision}>"


def named(items) -> dict[str, Any]:
    """NamedValues as a dict; one without a value is None."""
    found = {}
    for item in items:
        kind = item.WhichOneof("value")
        found[item.name] = None if kind is None else getattr(item, kind)
    return found


def ledger_of(message: frame_pb2.Ledger) -> dict[str, float]:
    """A ledger with all its lines, zeros among them."""
    return {field.name: getattr(message, field.name) for field in message.DESCRIPTOR.fields}


def options_of(message) -> dict[str, Any]:
    """An analysis' effective options, zeros among them; what is not given is None."""
    found = values.record(message)
    for field in message.DESCRIPTOR.fields:
        if field.name not in found:
            empty = [] if field.is_repeated else (None if field.has_presence else getattr(message, field.name))
            found[field.name] = None if field.enum_type is not None and not field.is_repeated else empty
    return {field.name: found[field.name] for field in message.DESCRIPTOR.fields}


class Running:
    """An analysis that runs: iterate for DataFrames as they come, or call `result()` for all at once.

    `cancel()` may be called from any thread and ends the work on the server too.
    """

    def __init__(self, call: grpc.Call, progress: ProgressCallback | None):
        self._call = call
        self._progress = progress
        self.header: analysis_service_pb2.RunHeader | None = None

    def cancel(self) -> None:
        """Ends the work; whoever waits for it gets LianjieError with code CANCELLED."""
        self._call.cancel()

    def __iter__(self) -> Iterator[pd.DataFrame]:
        for batch in self._batches():
            yield tables.to_frame(self.header.columns, [batch])

    def result(self) -> Result:
        """Waits for the end and gives the whole answer."""
        try:
            batches = list(self._batches())
        except KeyboardInterrupt:
            self.cancel()
            raise
        return _result(self.header, batches)

    def _batches(self) -> Iterator[frame_pb2.TableBatch]:
        try:
            for message in self._call:
                kind = message.WhichOneof("message")
                if kind == "progress" and self._progress is not None:
                    told = message.progress
                    self._progress(
                        Progress(told.phase, told.completed_work, told.total_work, told.elapsed.ToTimedelta().total_seconds())
                    )
                elif kind == "header":
                    self.header = message.header
                elif kind == "batch":
                    yield message.batch
        except grpc.RpcError as error:
            raise errors.from_rpc(error) from None
        finally:
            self._call.cancel()  # of no effect once the call has ended; ends it when an iteration is left early
            if isinstance(self._progress, Bar):
                self._progress.close()


def _result(header: analysis_service_pb2.RunHeader, batches: list[frame_pb2.TableBatch]) -> Result:
    name = header.analysis.WhichOneof("analysis")
    time = header.WhichOneof("time")
    period = (values.from_date(header.period.start), values.from_date(header.period.end)) if time == "period" else None
    return Result(
        analysis=name,
        graph=header.graph,
        revision=header.revision,
        df=tables.to_frame(header.columns, batches),
        summary=named(header.summary),
        options=options_of(getattr(header.analysis, name)),
        ledger=ledger_of(header.ledger) if header.HasField("ledger") else None,
        warnings=list(header.warnings),
        truncated=header.truncated,
        truncation=header.truncation_message,
        as_of=values.from_date(header.as_of) if time == "as_of" else None,
        period=period,
        columns={info.name: {"unit": info.unit, "description": info.description} for info in header.columns},
        run_seconds=header.run_time.ToTimedelta().total_seconds(),
    )
