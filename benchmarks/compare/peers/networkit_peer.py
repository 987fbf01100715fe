"""NetworKit. Kernels that would read weights get the graph without them; what needs an undirected graph is absent on a directed one."""

import networkit as nk
import numpy as np

from peers import Outcome, each_source, timed


class NetworKit:
    def __init__(self, graph, threads: int):
        nk.setNumberOfThreads(threads)
        self.n, self.directed = graph.n, graph.directed
        ends = (graph.sources.astype(np.uint64), graph.targets.astype(np.uint64))
        self.weighted = nk.GraphFromCoo((graph.weights, ends), n=graph.n, weighted=True, directed=graph.directed)
        self._plain = None

    @property
    def plain(self):
        if self._plain is None:
            self._plain = nk.graphtools.toUnweighted(self.weighted)
        return self._plain

    def scores(self, make, finish=lambda scores: scores):
        """A kernel that runs an algorithm over the plain graph and reads its scores."""

        def run(options):
            plain = self.plain
            seconds, algorithm = timed(lambda: make(plain, options).run())
            return Outcome(seconds, finish(np.array(algorithm.scores())))

        return run

    def partition(self, make, get=lambda algorithm: algorithm.getPartition()):
        def run(options):
            plain = self.plain
            seconds, algorithm = timed(lambda: make(plain).run())
            return Outcome(seconds, np.array(get(algorithm).getVector(), dtype=np.float64))

        return run

    def page_rank(self, tolerance, iterations=True, distribute=True):
        handling = nk.centrality.SinkHandling
        sinks = handling.DistributeSinks if distribute else handling.NoSinkHandling

        def make(graph, options):
            algorithm = nk.centrality.PageRank(graph, damp=0.85, tol=tolerance(options), distributeSinks=sinks)
            algorithm.norm = nk.centrality.Norm.l1norm
            if iterations:
                algorithm.maxIterations = options.whole("iterations")
            return algorithm

        return self.scores(make)

    @staticmethod
    def make_katz(graph, options):
        """Its rule adds 1 to every score that is passed on, which a large beta makes vanish (to a millionth)."""
        beta = 1e6
        return nk.centrality.KatzCentrality(graph, options.number("attenuation"), beta, options.number("tolerance") * beta)

    def bfs(self, options):
        plain = self.plain
        return each_source(options, lambda s: nk.distance.BFS(plain, s, storePaths=False).run(), lambda found: found.getDistances())

    def distances(self, options):
        weighted = self.weighted
        return each_source(
            options, lambda s: nk.distance.Dijkstra(weighted, s, storePaths=False).run(), lambda found: found.getDistances()
        )

    def points(self, options):
        plain = self.plain
        seconds, found = timed(lambda: nk.components.BiconnectedComponents(plain).run())
        blocks = found.getComponents()
        count = np.zeros(self.n)
        np.add.at(count, np.concatenate([np.array(block, dtype=np.int64) for block in blocks]), 1)
        return Outcome(seconds, (count > 1).astype(np.float64), {"blocks": len(blocks)})

    def max_flow(self, options):
        weighted = nk.Graph(self.weighted, weighted=True)
        weighted.indexEdges()
        source, target = options.vertices("ends")
        seconds, found = timed(lambda: nk.flow.EdmondsKarp(weighted, source, target).run())
        return Outcome(seconds, [found.getMaxFlow()])

    def sampled_betweenness(self, options):
        """The searches of every k-th source; the time of all is in proportion to theirs."""
        plain, every = self.plain, options.whole("every")
        samples = -(-self.n // every)
        seconds, _ = timed(lambda: nk.centrality.EstimateBetweenness(plain, samples, parallel=True).run())
        return Outcome(seconds * self.n / samples, [])

    def kernels(self):
        centrality = nk.centrality
        found = {
            "degree": self.scores(lambda graph, _: centrality.DegreeCentrality(graph)),
            "page_rank_drop": self.page_rank(lambda _: 1e-300, distribute=False),
            "betweenness": self.scores(
                lambda graph, _: centrality.Betweenness(graph), lambda scores: scores if self.directed else scores / 2
            ),
            "betweenness_sampled": self.sampled_betweenness,
            "betweenness_approximate": self.scores(
                lambda graph, options: centrality.KadabraBetweenness(graph, options.number("epsilon"), options.number("delta")),
                lambda scores: scores if self.directed else scores / 2,  # parts of the pairs in one order
            ),
            "harmonic": self.scores(lambda graph, _: centrality.HarmonicCloseness(graph, normalized=False)),
            "closeness": self.scores(lambda graph, _: centrality.Closeness(graph, True, centrality.ClosenessVariant.GENERALIZED)),
            "bfs": self.bfs,
            "distances": self.distances,
            "katz": self.scores(self.make_katz),
            "eigenvector": self.scores(lambda graph, options: centrality.EigenvectorCentrality(graph, tol=options.number("tolerance"))),
        }
        if self.directed:  # of undirected graphs it drops the rank of nodes without links, whatever is asked
            found["page_rank"] = self.page_rank(lambda _: 1e-300)
            found["page_rank_converged"] = self.page_rank(lambda options: options.number("tolerance"), iterations=False)
            found["weak_components"] = self.partition(nk.components.WeaklyConnectedComponents)
            found["strong_components"] = self.partition(nk.components.StronglyConnectedComponents)
            return found
        found |= {
            "weak_components": self.partition(nk.components.ParallelConnectedComponents),
            "k_core": self.scores(lambda graph, _: centrality.CoreDecomposition(graph)),
            "clustering": self.scores(lambda graph, _: centrality.LocalClusteringCoefficient(graph, turbo=True)),
            "label_propagation": self.partition(nk.community.PLP),
            "louvain": self.partition(nk.community.PLM),
            "articulation": self.points,
            "max_flow": self.max_flow,
        }
        return found


def kernels(graph, threads: int):
    return NetworKit(graph, threads).kernels()
