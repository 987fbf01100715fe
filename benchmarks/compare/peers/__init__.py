"""The Python libraries that the engine is compared with, a module each; worker.py says what a module has."""

import dataclasses
import time

import numpy as np


@dataclasses.dataclass
class Outcome:
    seconds: float
    result: np.ndarray | list
    values: dict[str, float] = dataclasses.field(default_factory=dict)


def timed(work):
    """Seconds, and what `work` gives."""
    begin = time.perf_counter()
    found = work()
    return time.perf_counter() - begin, found


def each_source(options, search, distances) -> Outcome:
    """A search from each of the sources, and what `distances` reads from it: one number a vertex, -1 where it is not reached."""
    seconds, rows = 0.0, []
    for source in options.vertices("sources"):
        spent, found = timed(lambda source=source: search(source))
        seconds += spent
        rows.append(reached(distances(found)))
    return Outcome(seconds, np.concatenate(rows))


def reached(distances) -> np.ndarray:
    row = np.array(distances, dtype=np.float64)
    row[~(row < 1e300)] = -1  # how libraries say "not reached": infinity or the greatest number
    return row


def labels(groups, n: int) -> np.ndarray:
    """The number of its group for each vertex."""
    found = np.full(n, -1.0)
    for number, group in enumerate(groups):
        found[list(group)] = number
    return found
