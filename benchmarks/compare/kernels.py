"""The kernels of the comparison: on which graphs each runs, with what options, and how answers are held against one another."""

import dataclasses
from collections.abc import Callable

import checks
import graphs

UNDIRECTED, DIRECTED, EITHER, FLOW = "undirected", "directed", "either", "flow"
DISTANCE_SUMS = ("county-small", "county", "tiny-county", "tiny-kronecker", "tiny-grid", "tiny-wiki")
SPECTRAL = ("county-small", "county", "kronecker", "wiki", "tiny-county", "tiny-kronecker", "tiny-wiki")  # a grid converges too slowly

NOT_THE_GRID = tuple(name for name in graphs.ALL if name != "grid")  # between its corners are more paths than a double can count


@dataclasses.dataclass(frozen=True)
class Kernel:
    name: str
    form: str  # EITHER: directed where the graph is
    check: Callable  # of checks.py
    options: dict[str, str] = dataclasses.field(default_factory=dict)  # "@name" is the form's own
    graphs: tuple[str, ...] | None = None  # None: all
    sampled: str = ""  # the kernel that peers run where this one would take too long
    says: str = ""

    def runs_on(self, form) -> bool:
        if self.graphs is not None and form.recipe.name not in self.graphs:
            return False
        if self.form == EITHER:
            return form.form == (DIRECTED if DIRECTED in form.recipe.forms else UNDIRECTED)
        return form.form == self.form

    def line(self, form) -> str:
        own = form.options()
        pairs = {key: own[value[1:]] if value.startswith("@") else value for key, value in self.options.items()}
        return " ".join(f"{key}={value}" for key, value in pairs.items())


EPSILON = 0.01
ALL = [
    Kernel("degree", EITHER, checks.equal(), says="of every node"),
    Kernel("bfs", EITHER, checks.equal(), {"sources": "@sources"}, says="distances in links from 4 nodes, one after the other"),
    Kernel("distances", EITHER, checks.close(1e-9), {"sources": "@sources"}, says="the same by weight"),
    Kernel("k_shortest_paths", EITHER, checks.close(1e-9), {"ends": "@near", "k": "10"}, says="10 paths without repeated nodes, by weight"),
    Kernel("max_flow", EITHER, checks.close(1e-9), {"ends": "@hubs"}, says="value, between two nodes of large degree"),
    Kernel("page_rank", EITHER, checks.total(1e-9), {"iterations": "20"}, says="20 iterations, damping 0.85"),
    Kernel("page_rank_drop", EITHER, checks.shares(0.01), {"iterations": "30"}, says="30 iterations, the rank of nodes without links to follow dropped"),
    Kernel("page_rank_converged", EITHER, checks.total(1e-6), {"tolerance": "1e-9"}, says="until the sum of changes is 1e-9"),
    Kernel("eigenvector", UNDIRECTED, checks.scaled(1e-4), {"tolerance": "1e-9"}, SPECTRAL),
    Kernel("katz", EITHER, checks.scaled(1e-5), {"attenuation": "@attenuation", "tolerance": "1e-10"}, SPECTRAL),
    Kernel("hits", DIRECTED, checks.scaled(1e-4), {"tolerance": "1e-9"}, SPECTRAL, says="authorities"),
    Kernel("k_core", UNDIRECTED, checks.equal(), says="core numbers"),
    Kernel("clustering", UNDIRECTED, checks.close(1e-9), says="local coefficients"),
    Kernel("weak_components", UNDIRECTED, checks.partition()),
    Kernel("strong_components", DIRECTED, checks.partition()),
    Kernel("articulation", UNDIRECTED, checks.equal(), says="points of articulation"),
    Kernel("label_propagation", UNDIRECTED, checks.communities(), says="each library's own rule; modularity beside it"),
    Kernel("louvain", UNDIRECTED, checks.communities(), says="modularity beside it"),
    Kernel("closeness", UNDIRECTED, checks.close(1e-9), graphs=DISTANCE_SUMS, sampled="closeness_sampled", says="exact, all nodes"),
    Kernel("harmonic", UNDIRECTED, checks.close(1e-9), graphs=DISTANCE_SUMS, sampled="harmonic_sampled", says="exact, all nodes"),
    Kernel("betweenness", UNDIRECTED, checks.close(1e-6), graphs=DISTANCE_SUMS, sampled="betweenness_sampled", says="exact, all nodes"),
    Kernel(
        "betweenness_approximate",
        UNDIRECTED,
        checks.approximate(EPSILON),
        {"epsilon": str(EPSILON), "delta": "0.1"},
        NOT_THE_GRID,
        says="error 0.01 with a chance of 0.9",
    ),
    Kernel("flow_solve", FLOW, checks.close(1e-9), says="benefit flow in share mode: the linear system; SciPy by splu"),
    Kernel("flow_solve_iterated", FLOW, checks.close(1e-9), says="the same; SciPy by summing the powers to 1e-12"),
]
SAMPLING = "every=50"
