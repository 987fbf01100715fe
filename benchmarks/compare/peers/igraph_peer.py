"""python-igraph. One thread. Weights are an edge attribute, which its calls copy: so any user of it has to wait for that too."""

import igraph as ig
import numpy as np

from peers import Outcome, each_source, timed


class IGraph:
    def __init__(self, graph, threads: int):
        self.n, self.directed = graph.n, graph.directed
        edges = np.column_stack([graph.sources, graph.targets]).astype(np.int64)
        self.graph = ig.Graph(n=graph.n, edges=edges, directed=graph.directed)
        self.graph.es["weight"] = graph.weights.tolist()

    def vector(self, work, finish=lambda found: found):
        def run(options):
            seconds, found = timed(lambda: work(self.graph, options))
            return Outcome(seconds, np.array(finish(found), dtype=np.float64))

        return run

    def membership(self, work):
        return self.vector(work, lambda clustering: clustering.membership)

    def bfs(self, options):
        return each_source(options, lambda s: self.graph.distances(source=s, mode="out"), lambda found: found[0])

    def distances(self, options):
        return each_source(options, lambda s: self.graph.distances(source=s, weights="weight", mode="out"), lambda found: found[0])

    def closeness(self, options):
        """By the vertices reached, like the others, in place of all: the part of the other vertices that is."""
        seconds, found = timed(lambda: self.graph.closeness(mode="out"))
        sizes = np.array(self.graph.connected_components().sizes())[self.graph.connected_components().membership]
        return Outcome(seconds, np.nan_to_num(np.array(found)) * (sizes - 1) / (self.n - 1))

    def points(self, options):
        seconds, points = timed(self.graph.articulation_points)
        flags = np.zeros(self.n)
        flags[points] = 1
        return Outcome(seconds, flags)

    def sampled(self, work):
        """From every so many sources alone; the time of all is in proportion to theirs."""

        def run(options):
            sources = list(range(0, self.n, options.whole("every")))
            seconds, _ = timed(lambda: work(sources))
            return Outcome(seconds * self.n / len(sources), [])

        return run

    def max_flow(self, options):
        source, target = options.vertices("ends")
        seconds, value = timed(lambda: self.graph.maxflow_value(source, target, "weight"))
        return Outcome(seconds, [value])

    def k_shortest_paths(self, options):
        source, target = options.vertices("ends")
        seconds, paths = timed(
            lambda: self.graph.get_k_shortest_paths(source, target, k=options.whole("k"), weights="weight", output="epath")
        )
        weights = self.graph.es["weight"]
        return Outcome(seconds, [sum(weights[edge] for edge in path) for path in paths])

    def kernels(self):
        found = {
            "degree": self.vector(lambda graph, _: graph.degree(mode="out")),
            "page_rank_converged": self.vector(lambda graph, _: graph.pagerank(damping=0.85)),
            "betweenness": self.vector(lambda graph, _: graph.betweenness(directed=self.directed)),
            "betweenness_sampled": self.sampled(lambda sources: self.graph.betweenness(directed=self.directed, sources=sources)),
            "bfs": self.bfs,
            "distances": self.distances,
            "weak_components": self.membership(lambda graph, _: graph.connected_components(mode="weak")),
            "k_shortest_paths": self.k_shortest_paths,
            "max_flow": self.max_flow,
        }
        if self.directed:
            found["strong_components"] = self.membership(lambda graph, _: graph.connected_components(mode="strong"))
            found["hits"] = self.vector(lambda graph, _: graph.authority_score())
            return found
        found |= {
            "closeness": self.closeness,
            "closeness_sampled": self.sampled(lambda vertices: self.graph.closeness(vertices, mode="out")),
            "harmonic_sampled": self.sampled(lambda vertices: self.graph.harmonic_centrality(vertices, mode="out")),
            "harmonic": self.vector(
                lambda graph, _: graph.harmonic_centrality(mode="out"), lambda scores: np.nan_to_num(scores) * (self.n - 1)
            ),
            "eigenvector": self.vector(lambda graph, _: graph.eigenvector_centrality()),
            "k_core": self.vector(lambda graph, _: graph.coreness()),
            "clustering": self.vector(lambda graph, _: graph.transitivity_local_undirected(mode="zero")),
            "label_propagation": self.membership(lambda graph, _: graph.community_label_propagation()),
            "louvain": self.membership(lambda graph, _: graph.community_multilevel()),
            "articulation": self.points,
        }
        return found


def kernels(graph, threads: int):
    return IGraph(graph, threads).kernels()
