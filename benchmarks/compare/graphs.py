"""The graphs of the comparison: how each is made, which forms of it are run, and where on it searches begin."""

import dataclasses
import json
import pathlib
import subprocess

import numpy as np
import scipy.sparse as sp
import scipy.sparse.csgraph as csgraph
from graph_file import Graph, read_graph

SEARCHES = 4  # sources of a run of bfs and distances
CANDIDATES = 12  # of which those that reach most become sources
NEAR = 2000  # vertices nearer to the source than the other end of the shortest paths


@dataclasses.dataclass(frozen=True)
class Recipe:
    name: str
    kind: str  # as compare_graphs has it
    size: int
    forms: tuple[str, ...]
    seed: int = 1
    says: str = ""
    small: bool = False  # NetworkX takes part


BOTH, FLOW = ("undirected", "directed"), ("undirected", "directed", "flow")
ALL = {
    recipe.name: recipe
    for recipe in (
        Recipe("county-small", "county", 4_000, FLOW, says="generated county of 4,000 households", small=True),
        Recipe("county", "county", 40_000, FLOW, says="generated county of 40,000 households"),
        Recipe("province", "province", 1_000_000, FLOW, says="generated province of 1,000,000 households"),
        Recipe("kronecker", "kronecker", 20, ("undirected",), says="Graph500's generator, scale 20, edge factor 16"),
        Recipe("grid", "grid", 1000, ("undirected",), says="1000 x 1000 crossings, one road in twenty missing"),
        Recipe("wiki", "power", 1_000_000, BOTH, says="directed, degrees by power laws, one link in six answered"),
        Recipe("tiny-province", "province", 2_000, FLOW, small=True),
        Recipe("tiny-county", "county", 200, FLOW, small=True),
        Recipe("tiny-kronecker", "kronecker", 7, ("undirected",), small=True),
        Recipe("tiny-grid", "grid", 12, ("undirected",), small=True),
        Recipe("tiny-wiki", "power", 300, BOTH, small=True),
    )
}
FULL = [name for name in ALL if not name.startswith("tiny")]


class Form:
    """One graph in one form (directed, undirected, flow): its file, and the options that depend on it."""

    def __init__(self, recipe: Recipe, form: str, path: pathlib.Path):
        self.recipe, self.form, self.path = recipe, form, path
        self._graph: Graph | None = None

    @property
    def name(self) -> str:
        return f"{self.recipe.name}.{self.form}"

    @property
    def graph(self) -> Graph:
        if self._graph is None:
            self._graph = read_graph(self.path)
        return self._graph

    def forget(self) -> None:
        self._graph = None

    def options(self) -> dict[str, str]:
        """Made once; kept beside the file."""
        kept = self.path.with_name(self.path.name + ".json")
        if not kept.exists():
            kept.write_text(json.dumps(self._choose()), encoding="utf-8")
        return json.loads(kept.read_text(encoding="utf-8"))

    def _choose(self) -> dict[str, str]:
        if self.form == "flow":
            return {}
        graph = self.graph
        sources, targets, _ = graph.both_ways()
        matrix = sp.csr_matrix((np.ones(len(sources), np.int8), (sources, targets)), shape=(graph.n, graph.n))
        leaving, entering = np.bincount(sources, minlength=graph.n), np.bincount(targets, minlength=graph.n)
        random = np.random.default_rng(1)
        begins = random.choice(np.flatnonzero(leaving), CANDIDATES)
        orders = {int(v): csgraph.breadth_first_order(matrix, v, return_predecessors=False) for v in begins}
        best = sorted(orders, key=lambda v: (-len(orders[v]), v))
        order = orders[best[0]]
        top = np.flatnonzero(leaving >= 0.9 * leaving.max())
        source = int(random.choice(top))
        entering[source] = 0
        into = np.flatnonzero(entering >= 0.9 * entering.max())
        return {
            "sources": ",".join(map(str, best[:SEARCHES])),
            "near": f"{best[0]},{int(order[min(len(order) * 3 // 4, NEAR)])}",
            "hubs": f"{source},{int(random.choice(into))}",
            "attenuation": repr(0.85 / float(np.sqrt(float(leaving.max()) * float(entering.max() + 1)))),
        }


def make(names: list[str], maker: pathlib.Path, folder: pathlib.Path) -> list[Form]:
    """The forms of the graphs, those that are not there yet made first."""
    folder.mkdir(parents=True, exist_ok=True)
    forms = []
    for name in names:
        recipe = ALL[name]
        stem = folder / f"{recipe.kind}-{recipe.size}-{recipe.seed}"
        paths = {form: stem.with_name(f"{stem.name}.{form}") for form in recipe.forms}
        if not all(path.exists() for path in paths.values()):
            subprocess.run([maker, recipe.kind, str(recipe.size), str(recipe.seed), stem], check=True)
        forms += [Form(recipe, form, path) for form, path in paths.items()]
    return forms
