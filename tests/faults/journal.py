"""The journal of acknowledgements, kept outside the store, and the comparison with what the store holds.

Every element that is written carries a mark, the number of the batch that wrote it. Keys are split into streams: one client
writes those of its stream and no others, one operation after the other, so that what must be there is known: the effect of all
operations that were acknowledged, and, of those whose answer never came, the effect of each wholly or not at all.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
from collections.abc import Callable, Iterable
from typing import Any

Key = tuple[str, str, str]  # graph; "graph", "node" or "link"; id
State = dict[Key, str]

ACKNOWLEDGED, REFUSED, IN_DOUBT = "acknowledged", "refused", "in doubt"
# Answers that say that nothing was applied; any other failure leaves it open.
REFUSALS = {"INVALID_ARGUMENT", "FAILED_PRECONDITION", "NOT_FOUND", "ALREADY_EXISTS", "OUT_OF_RANGE", "RESOURCE_EXHAUSTED"}


@dataclasses.dataclass
class Operation:
    """What is sent and what it does. `send` gives the revision and whether it was a replay; `refusal` is the reason with which it
    must be refused."""

    text: str
    send: Callable[[Any], tuple[int, bool]]
    changes: dict[Key, str | None]
    refusal: str | None = None
    request_id: str = ""
    counts: str = ""  # the shared graph whose revision it raises
    outcome: str = ""
    answer: str = ""
    revision: int = 0


@dataclasses.dataclass
class Findings:
    """What a comparison or a campaign has found, and what was counted on the way."""

    tried: int = 0
    acknowledged: int = 0
    lost: int = 0
    half: int = 0
    wrong: int = 0
    detected: int = 0
    harmless: int = 0
    classes: collections.Counter = dataclasses.field(default_factory=collections.Counter)  # of damaged files: what was done, found
    notes: list[str] = dataclasses.field(default_factory=list)

    def add(self, other: Findings) -> None:
        for field in dataclasses.fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def bad(self) -> bool:
        return self.lost + self.half + self.wrong > 0


def applied(state: State, changes: dict[Key, str | None]) -> State:
    after = {**state, **changes}
    return {key: value for key, value in after.items() if value is not None}


def _mark(value: str | None) -> int:
    """The number of the operation that wrote a value; -1 when there is none."""
    return -1 if value is None else int(value.split()[0])


class Stream:
    """The operations of one client and what they have led to."""

    def __init__(self, name: str):
        self.name = name
        self.state: State = {}
        self.doubt: list[Operation] = []
        self.last: Operation | None = None  # the last acknowledged one that has a request id
        self.findings = Findings()
        self.count = 0
        self.commits = 0  # acknowledged ones that raised the revision of the shared graph
        self._history: set[tuple[Key, str]] = set()  # values that were acknowledged once
        self.refusals: dict[str, int] = {}

    def record(self, operation: Operation) -> None:
        """Takes note of an operation's outcome."""
        if operation.outcome == ACKNOWLEDGED and operation.refusal:
            self.findings.wrong += 1
            self.findings.notes.append(f"{self.name}: {operation.text} was accepted, not refused with {operation.refusal}")
        elif operation.outcome == REFUSED:
            self.refusals[operation.answer] = self.refusals.get(operation.answer, 0) + 1
            if operation.answer not in (operation.refusal, "DISK_FULL", "QUEUE_FULL"):
                self.findings.lost += 1
                self.findings.notes.append(f"{self.name}: {operation.text} was refused with {operation.answer}")
        elif operation.outcome == IN_DOUBT:
            if not operation.refusal:
                self.doubt.append(operation)
        else:
            self.acknowledge(operation)

    def acknowledge(self, operation: Operation) -> None:
        self.state = applied(self.state, operation.changes)
        self._history.update((key, value) for key, value in operation.changes.items() if value is not None)
        self.findings.acknowledged += 1
        self.commits += 1 if operation.counts else 0
        if operation.request_id:
            self.last = operation

    def compare(self, actual: State) -> list[Operation]:
        """Which operations in doubt were applied. What contradicts the journal goes to the findings, and the journal goes on
        from what is there."""
        for size in range(len(self.doubt) + 1):
            for chosen in itertools.combinations(self.doubt, size):
                candidate = self.state
                for operation in chosen:
                    candidate = applied(candidate, operation.changes)
                if candidate == actual:
                    self.state, self.doubt = actual, []
                    return list(chosen)
        self._blame(actual)
        self.state, self.doubt = dict(actual), []
        return []

    def _blame(self, actual: State) -> None:
        differ = {key for key in self.state.keys() | actual.keys() if self.state.get(key) != actual.get(key)}
        in_doubt = {key for operation in self.doubt for key in operation.changes}
        explained = {
            key for key in differ & in_doubt
            if any(key in operation.changes and operation.changes[key] == actual.get(key) for operation in self.doubt)
        }  # fmt: skip
        if explained == differ:
            self.findings.half += 1
            texts = "; ".join(operation.text for operation in self.doubt)
            self._note("half-applied", differ, actual, f" (in doubt: {texts})")
            return
        old = {
            key for key in differ - explained
            if actual.get(key) is None or _mark(actual[key]) < _mark(self.state.get(key)) or (key, actual[key]) in self._history
        }  # fmt: skip
        # An operation whose effect is missing is one lost operation, however many elements it wrote.
        self.findings.lost += len({_mark(self.state.get(key)) for key in old})
        if old:
            self._note("lost", old, actual)
        if extra := differ - explained - old:
            self.findings.wrong += 1
            self._note("wrongly accepted", extra, actual)

    def _note(self, what: str, keys: Iterable[Key], actual: State, more: str = "") -> None:
        shown = [f"{'/'.join(key)}: journal {self.state.get(key)!r}, store {actual.get(key)!r}" for key in sorted(keys)[:3]]
        self.findings.notes.append(f"{self.name}: {what}{more}: {len(list(keys))} keys, {'; '.join(shown)}")
