"""Reads the file that every system loads the same graph from; graph_file.h says how it is laid out."""

import dataclasses
import pathlib

import numpy as np

MAGIC = b"LJGRAPH1"
DIRECTED, VALUES = 1, 2


@dataclasses.dataclass
class Graph:
    directed: bool
    n: int
    sources: np.ndarray  # uint32, each edge once; sorted by source, then target
    targets: np.ndarray
    weights: np.ndarray  # float64
    values: np.ndarray | None = None  # by vertex: the right-hand side of a flow system

    @property
    def m(self) -> int:
        return len(self.sources)

    def both_ways(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The edges as arcs: as they are, or each of an undirected graph in both directions."""
        if self.directed:
            return self.sources, self.targets, self.weights
        join = np.concatenate
        return join([self.sources, self.targets]), join([self.targets, self.sources]), join([self.weights, self.weights])


def read_graph(path: str | pathlib.Path) -> Graph:
    with open(path, "rb") as file:
        if file.read(8) != MAGIC:
            raise ValueError(f"{path} is no graph of this kind")
        n, m, flags = (int(number) for number in np.fromfile(file, np.uint64, 3))
        sources, targets = np.fromfile(file, np.uint32, m), np.fromfile(file, np.uint32, m)
        weights = np.fromfile(file, np.float64, m)
        values = np.fromfile(file, np.float64, n) if flags & VALUES else None
    if len(weights) != m or (values is not None and len(values) != n):
        raise ValueError(f"{path} ends too early")
    return Graph(bool(flags & DIRECTED), n, sources, targets, weights, values)
