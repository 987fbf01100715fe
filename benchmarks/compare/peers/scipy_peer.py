"""SciPy: a graph is a sparse matrix, scipy.sparse.csgraph walks it, and what is linear algebra is done as such."""

import numpy as np
import scipy.sparse as sp
import scipy.sparse.csgraph as csgraph
import scipy.sparse.linalg as linalg

from peers import Outcome, each_source, timed

DAMPING = 0.85


class SciPy:
    def __init__(self, graph, threads: int):
        self.n, self.directed = graph.n, graph.directed
        sources, targets, weights = graph.both_ways()
        shape = (graph.n, graph.n)
        self.weighted = sp.csr_matrix((weights, (sources.astype(np.int32), targets.astype(np.int32))), shape=shape)
        self.plain = sp.csr_matrix((np.ones(self.weighted.nnz), self.weighted.indices, self.weighted.indptr), shape=shape)
        self._gather = None
        self.injections = graph.values

    @property
    def gather(self):
        """Row v: the arcs into v, for products that pull."""
        if self._gather is None:
            self._gather = self.plain.T.tocsr() if self.directed else self.plain
        return self._gather

    def page_rank(self, stop):
        def run(options):
            gather = self.gather
            return Outcome(*timed(lambda: self.power(gather, *stop(options))))

        return run

    def power(self, gather, iterations, tolerance):
        out = np.asarray(self.plain.sum(axis=1)).ravel()
        dangling = out == 0
        inverse = 1 / np.where(dangling, 1, out)
        x = np.full(self.n, 1 / self.n)
        for _ in range(iterations):
            lost = x[dangling].sum()
            after = DAMPING * (gather @ (x * inverse)) + (DAMPING * lost + 1 - DAMPING) / self.n
            change = np.abs(after - x).sum()
            x = after
            if change <= tolerance:
                break
        return x

    def bfs(self, options):
        def hops(found):
            order, before = found
            row = np.full(self.n, np.inf)
            row[order[0]] = 0
            for v in order[1:].tolist():
                row[v] = row[before[v]] + 1
            return row

        return each_source(options, lambda s: csgraph.breadth_first_order(self.plain, s), hops)

    def distances(self, options):
        return each_source(options, lambda s: csgraph.dijkstra(self.weighted, indices=s), lambda found: found)

    def components(self, connection):
        def run(options):
            seconds, found = timed(lambda: csgraph.connected_components(self.plain, directed=self.directed, connection=connection))
            return Outcome(seconds, found[1])

        return run

    def degree(self, options):
        seconds, found = timed(lambda: np.asarray(self.plain.sum(axis=1)).ravel())
        return Outcome(seconds, found)

    def eigenvector(self, options):
        start = np.ones(self.n)
        seconds, found = timed(lambda: linalg.eigsh(self.plain, k=1, which="LA", v0=start)[1])
        return Outcome(seconds, np.abs(found[:, 0]))

    def hits(self, options):
        start = np.ones(self.n)
        seconds, found = timed(lambda: linalg.svds(self.plain, k=1, v0=start)[2])
        return Outcome(seconds, np.abs(found[0]))

    def katz(self, options):
        gather, attenuation, tolerance = self.gather, options.number("attenuation"), options.number("tolerance")

        def solve():
            x = np.ones(self.n)
            while True:
                after = attenuation * (gather @ x) + 1
                change = np.abs(after - x).max()
                x = after
                if change <= tolerance * x.max():
                    return x

        return Outcome(*timed(solve))

    def max_flow(self, options):
        capacity = self.weighted.astype(np.int32)
        source, target = options.vertices("ends")
        seconds, found = timed(lambda: csgraph.maximum_flow(capacity, source, target))
        return Outcome(seconds, [found.flow_value])

    def k_shortest_paths(self, options):
        source, target = options.vertices("ends")
        seconds, found = timed(lambda: csgraph.yen(self.weighted, source, target, options.whole("k")))
        return Outcome(seconds, found)

    def flow_solve(self, options):
        system = (sp.identity(self.n, format="csc") - self.weighted.T.tocsc()).tocsc()
        return Outcome(*timed(lambda: linalg.splu(system).solve(self.injections)))

    def flow_solve_iterated(self, options):
        gather = self.weighted.T.tocsr()

        def solve():
            x, limit = self.injections.copy(), 1e-12 * self.injections.sum()
            step = x
            while np.abs(step).sum() > limit:  # money that is still on its way
                step = gather @ step
                x = x + step
            return x

        return Outcome(*timed(solve))

    def kernels(self):
        if self.injections is not None:
            return {"flow_solve": self.flow_solve, "flow_solve_iterated": self.flow_solve_iterated}
        found = {
            "degree": self.degree,
            "page_rank": self.page_rank(lambda options: (options.whole("iterations"), 0)),
            "page_rank_converged": self.page_rank(lambda options: (1000, options.number("tolerance"))),
            "bfs": self.bfs,
            "distances": self.distances,
            "weak_components": self.components("weak"),
            "katz": self.katz,
            "max_flow": self.max_flow,
            "k_shortest_paths": self.k_shortest_paths,
        }
        if self.directed:
            found["strong_components"] = self.components("strong")
            found["hits"] = self.hits
        else:
            found["eigenvector"] = self.eigenvector
        return found


def kernels(graph, threads: int):
    return SciPy(graph, threads).kernels()
