"""NetworkX. Python throughout, so on small graphs alone."""

import itertools

import networkx as nx
import numpy as np

from peers import Outcome, each_source, labels, timed


class NetworkX:
    def __init__(self, graph, threads: int):
        self.n, self.directed = graph.n, graph.directed
        self.graph = (nx.DiGraph if graph.directed else nx.Graph)()
        self.graph.add_nodes_from(range(graph.n))
        self.graph.add_weighted_edges_from(zip(graph.sources.tolist(), graph.targets.tolist(), graph.weights.tolist()))

    def row(self, found: dict) -> np.ndarray:
        """By vertex; -1 for one that is not in it."""
        return np.array([found.get(v, -1) for v in range(self.n)], dtype=np.float64)

    def vector(self, work):
        def run(options):
            seconds, found = timed(lambda: dict(work(self.graph, options)))
            return Outcome(seconds, self.row(found))

        return run

    def groups(self, work):
        def run(options):
            seconds, found = timed(lambda: list(work(self.graph)))
            return Outcome(seconds, labels(found, self.n))

        return run

    def bfs(self, options):
        return each_source(options, lambda s: nx.single_source_shortest_path_length(self.graph, s), self.row)

    def distances(self, options):
        return each_source(options, lambda s: nx.single_source_dijkstra_path_length(self.graph, s), self.row)

    def points(self, options):
        seconds, points = timed(lambda: list(nx.articulation_points(self.graph)))
        flags = np.zeros(self.n)
        flags[points] = 1
        return Outcome(seconds, flags)

    def max_flow(self, options):
        source, target = options.vertices("ends")
        seconds, value = timed(lambda: nx.maximum_flow_value(self.graph, source, target, capacity="weight"))
        return Outcome(seconds, [value])

    def k_shortest_paths(self, options):
        source, target = options.vertices("ends")
        seconds, paths = timed(
            lambda: list(itertools.islice(nx.shortest_simple_paths(self.graph, source, target, weight="weight"), options.whole("k")))
        )
        return Outcome(seconds, [nx.path_weight(self.graph, path, "weight") for path in paths])

    def hits(self, options):
        plain = nx.DiGraph()  # it reads weights wherever there are any
        plain.add_nodes_from(self.graph)
        plain.add_edges_from(self.graph.edges())
        seconds, found = timed(lambda: nx.hits(plain, tol=options.number("tolerance"), max_iter=1000)[1])
        return Outcome(seconds, self.row(found))

    def kernels(self):
        found = {
            "degree": self.vector(lambda graph, _: graph.out_degree() if self.directed else graph.degree()),
            "page_rank_converged": self.vector(
                lambda graph, options: nx.pagerank(graph, tol=options.number("tolerance") / self.n, max_iter=1000, weight=None)
            ),
            "betweenness": self.vector(lambda graph, _: nx.betweenness_centrality(graph, normalized=False)),
            "bfs": self.bfs,
            "distances": self.distances,
            "k_shortest_paths": self.k_shortest_paths,
            "max_flow": self.max_flow,
            "katz": self.vector(
                lambda graph, options: nx.katz_centrality(
                    graph, alpha=options.number("attenuation"), tol=options.number("tolerance"), normalized=False
                )
            ),
        }
        if self.directed:
            found["weak_components"] = self.groups(nx.weakly_connected_components)
            found["strong_components"] = self.groups(nx.strongly_connected_components)
            found["hits"] = self.hits
            return found
        found |= {
            "weak_components": self.groups(nx.connected_components),
            "closeness": self.vector(lambda graph, _: nx.closeness_centrality(graph)),
            "harmonic": self.vector(lambda graph, _: nx.harmonic_centrality(graph)),
            "k_core": self.vector(lambda graph, _: nx.core_number(graph)),
            "clustering": self.vector(lambda graph, _: nx.clustering(graph)),
            "label_propagation": self.groups(nx.community.label_propagation_communities),
            "louvain": self.groups(lambda graph: nx.community.louvain_communities(graph, weight=None, seed=1)),
            "articulation": self.points,
        }
        return found


def kernels(graph, threads: int):
    return NetworkX(graph, threads).kernels()
