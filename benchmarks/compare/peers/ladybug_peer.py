"""Ladybug, an embedded graph database, by its own Cypher; its extension of algorithms is no part of its package. On disk, as it is used."""

import pathlib
import shutil

import ladybug
import numpy as np

from peers import Outcome, each_source, timed

POOL_BYTES = 4 << 30  # that its pages may take; it would take most of the machine's memory
FARTHEST = 5000  # links that a path may have; the database wants a limit


class Ladybug:
    def __init__(self, graph, threads: int):
        self.n, self.arrow = graph.n, "->" if graph.directed else "-"
        self.folder = pathlib.Path.cwd() / "ladybug"  # the driver's, which removes it
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.fill(graph, threads)

    def fill(self, graph, threads: int) -> None:
        nodes, edges = self.folder / "nodes.csv", self.folder / "edges.csv"
        nodes.write_text("\n".join(map(str, range(self.n))), encoding="ascii")
        with open(edges, "w", encoding="ascii") as out:
            for at in range(0, graph.m, 1 << 16):
                part = slice(at, at + (1 << 16))
                rows = zip(graph.sources[part].tolist(), graph.targets[part].tolist(), graph.weights[part].tolist())
                out.writelines(f"{u},{v},{w}\n" for u, v, w in rows)
        self.database = ladybug.Database(str(self.folder / "store"), buffer_pool_size=POOL_BYTES, max_num_threads=threads)
        self.connection = ladybug.Connection(self.database, num_threads=threads)
        for statement in (
            f"CALL var_length_extend_max_depth={FARTHEST}",
            "CREATE NODE TABLE V(id INT64 PRIMARY KEY)",
            "CREATE REL TABLE E(FROM V TO V, weight DOUBLE)",
            f"COPY V FROM '{nodes}'",
            f"COPY E FROM '{edges}'",
        ):
            self.connection.execute(statement)

    def rows(self, answer, missing: float) -> np.ndarray:
        found = np.full(self.n, missing)
        table = np.array(answer.get_all(), dtype=np.float64).reshape(-1, 2)
        found[table[:, 0].astype(np.int64)] = table[:, 1]
        return found

    def search(self, steps: str, length: str):
        def run(options):
            def from_source(source):
                query = f"MATCH (a:V {{id: {source}}})-[e:E* {steps} 1..{FARTHEST}]{self.arrow}(b:V) RETURN b.id, {length}(e)"
                return source, self.connection.execute(query)

            def read(found):
                source, answer = found
                row = self.rows(answer, np.inf)
                row[source] = 0
                return row

            return each_source(options, from_source, read)

        return run

    def degree(self, options):
        query = f"MATCH (a:V)-[e:E]{self.arrow}(:V) RETURN a.id, COUNT(e)"
        seconds, answer = timed(lambda: self.connection.execute(query))
        return Outcome(seconds, self.rows(answer, 0))

    def kernels(self):
        return {
            "degree": self.degree,
            "bfs": self.search("SHORTEST", "length"),
            "distances": self.search("WSHORTEST(weight)", "cost"),
        }


def kernels(graph, threads: int):
    return Ladybug(graph, threads).kernels()
