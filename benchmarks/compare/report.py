"""What compare.py found as tables, which stand in a page between markers, so that they can be written anew."""

import pathlib
import statistics

import graphs
import kernels
from systems import ENGINE, PEERS

BEGIN, END = "<!-- compare: begin (written by make compare) -->", "<!-- compare: end -->"
FORMS = ("directed", "undirected", "flow")


class Results:
    def __init__(self, found: dict):
        self.found = found
        self.rows = {(row["graph"], row["form"], row["kernel"], row["system"]): row for row in found["rows"]}
        self.peers = [name for name in PEERS if name in found["versions"]]
        self.places = sorted({key[:3] for key in self.rows}, key=self._order)

    @staticmethod
    def _order(place):
        names = [kernel.name for kernel in kernels.ALL]
        graph, form, kernel = place
        return list(graphs.ALL).index(graph), names.index(kernel) if kernel in names else -1, FORMS.index(form)

    def row(self, place, system: str) -> dict | None:
        return self.rows.get((*place, system))

    def seconds(self, place, system: str = ENGINE) -> float | None:
        row = self.row(place, system)
        return statistics.median(row["seconds"]) if row and row.get("seconds") else None

    def ratio(self, place, peer: str) -> float | None:
        """How many times as long as the engine the peer takes: the median over rounds that both ran; where a peer had one run, by the engine's
        median."""
        ours, theirs = self.row(place, ENGINE), self.row(place, peer)
        if not ours or not theirs or not ours.get("seconds") or not theirs.get("seconds"):
            return None
        if len(theirs["seconds"]) == 1:
            return theirs["seconds"][0] / statistics.median(ours["seconds"])
        return statistics.median(other / mine for mine, other in zip(ours["seconds"], theirs["seconds"]))

    def fair(self, place, peer: str) -> float | None:
        """The ratio where it counts: both answered, or one was stopped at the limit (it counts as it stood then), and they agree."""
        ours, theirs = self.row(place, ENGINE), self.row(place, peer)
        if place[2] == "load" or not ours or not theirs or theirs["status"] in ("differs", "error"):
            return None
        if theirs["status"] == "over":
            mine = self.seconds(place)
            return theirs["limit"] / mine if mine and mine < theirs["limit"] else None
        if ours["status"] == "over":
            return self.seconds(place, peer) / ours["limit"]
        return self.ratio(place, peer)

    def engine_text(self, place) -> str:
        row = self.row(place, ENGINE)
        return f"> {row['limit']:.0f} s" if row and row["status"] == "over" else seconds_text(self.seconds(place))


def seconds_text(value: float | None) -> str:
    if value is None:
        return "failed"
    for unit, scale in (("s", 1), ("ms", 1e-3)):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value / 1e-6:.3g} µs"


def ratio_text(value: float) -> str:
    text = f"{value:.0f}" if value >= 100 else f"{value:.2g}" if value >= 1 else f"{value:.2f}"
    return f"**{text}**" if value < 1 else text


def cell(results: Results, place, peer: str) -> str:
    row = results.row(place, peer)
    if row is None:
        return ""
    if row["status"] == "over":
        ours = results.seconds(place)
        return f"> {row['limit'] / ours:.0f}" if ours else f"> {row['limit']:.0f} s"
    if row["status"] == "error":
        return "failed"
    ratio = results.ratio(place, peer)
    if ratio is None:
        return seconds_text(results.seconds(place, peer))
    if row["status"] == "sampled":
        return f"~ {ratio_text(ratio)}"
    once = "¹" if len(row["seconds"]) == 1 and place[2] != "load" else ""
    return ratio_text(ratio) + once + (" ≠" if row["status"] == "differs" else "")


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def summary(results: Results) -> list[str]:
    rows = []
    for peer in results.peers:
        ratios = [ratio for place in results.places if (ratio := results.fair(place, peer))]
        if ratios:
            ahead = sum(ratio < 1 for ratio in ratios)
            rows.append([peer, str(len(ratios)), ratio_text(statistics.median(ratios)), str(ahead)])
    fastest = [
        min(ratios) for place in results.places if (ratios := [r for peer in results.peers if (r := results.fair(place, peer))])
    ]
    if fastest:
        ahead = sum(ratio < 1 for ratio in fastest)
        rows.append(["the fastest of them each time", str(len(fastest)), ratio_text(statistics.median(fastest)), str(ahead)])
    return table(["peer", "kernels x graphs", "median: times as long as Lianjie", "of which faster than Lianjie"], rows)


def graph_table(results: Results, name: str) -> list[str]:
    places = [place for place in results.places if place[0] == name and place[2] != "load"]
    forms = {place[1] for place in places}
    rows = []
    for place in places:
        kernel = place[2] + (f" ({place[1]})" if place[1] == "directed" and len(forms) > 1 else "")
        rows.append([kernel, results.engine_text(place), *(cell(results, place, peer) for peer in results.peers)])
    sizes = "; ".join(
        f"{form}: {n:,} vertices, {m:,} edges"
        for form in FORMS
        if form in forms and (found := results.found["sizes"].get(f"{name}.{form}"))
        for n, m in [found]
    )
    return [f"**{name}**: {graphs.ALL[name].says}; {sizes}.", "", *table(["kernel", ENGINE, *results.peers], rows), ""]


def load_table(results: Results) -> list[str]:
    rows = []
    for place in (place for place in results.places if place[2] == "load" and place[1] != "flow"):
        cells = []
        for system in (ENGINE, *results.peers):
            row = results.row(place, system)
            if row is None:
                cells.append("")
            elif row["status"] != "ok":
                cells.append(f"> {row['limit']:.0f} s" if row["status"] == "over" else "failed")
            else:
                cells.append(f"{seconds_text(row['seconds'][0])}, {max(row['memory_bytes'], 0) / 2**20:.0f} MiB")
        rows.append([f"{place[0]}, {place[1]}", *cells])
    return table(["graph", ENGINE, *results.peers], rows)


def community_table(results: Results) -> list[str]:
    rows = []
    for place in (place for place in results.places if place[2] in ("louvain", "label_propagation")):
        found = {peer: results.row(place, peer) for peer in results.peers}
        ours = next((row["ours"] for row in found.values() if row and "ours" in row), None)
        if ours is not None:
            cells = [f"{row['difference']:.3f}" if row and "ours" in row else "" for row in found.values()]
            rows.append([f"{place[2]}, {place[0]}", f"{ours:.3f}", *cells])
    return table(["modularity", ENGINE, *results.peers], rows) if rows else []


NOTES = """\
How to read it. Figures are how many times as long as Lianjie a peer takes, medians over the rounds, **bold** where the peer is faster;
`>` stopped at the limit; `~` only every 50th node was searched from, since all would have taken more than the limit, and the time scaled up;
¹ one run, since it took more than 10 s; ≠ its answer differs; a blank: it has no such kernel. Systems take turns, each in a process of its own
that has the graph loaded, and every answer of the first round is held against Lianjie's.

- Graphs are simple: no self-loops, no parallel edges, on which libraries disagree. Weights are whole numbers from 1 to 255.
- Lianjie's time includes the result's Table, not the Projection, which its server keeps between calls; peers' time is their own work, not the copying of
  answers to arrays. python-igraph's weighted calls copy the weights each time, as they do for anyone. Boost.Graph, igraph, SciPy and NetworkX use one thread.
- Answers must be equal (degrees, hops, cores, components, points), within 1e-9 (weighted distances, flows, clustering, closeness, harmonic), 1e-6
  (betweenness), or as the iteration allows: PageRank's sum of differences 1e-9 after as many iterations, 1e-6 converged, 1e-2 with Boost.Graph's other start;
  eigenvector and hits 1e-4, Katz 1e-5 of the greatest score. Partitions into communities are not compared but by modularity, below. Approximate
  betweenness lies within 0.01 of the exact where that was computed, else within 0.02 of each other; of NetworKit's (KADABRA) half is taken, as it counts
  undirected pairs twice.
- On undirected graphs NetworKit's PageRank drops the rank of nodes without links, so there it stands under page_rank_drop alone. igraph's and NetworkX's
  PageRank solve to convergence. Boost.Graph has no closeness that would not need a matrix of all distances: a search from each vertex stands for it.
- NetworkX takes part on the small county alone. Ladybug answers in Cypher from a store on disk; its algorithms are an extension that its package lacks."""


def section(results: Results) -> str:
    found = results.found
    machine = found["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    lines = [
        BEGIN,
        f"Run on {found['date']} at revision {found['revision']}, in {found['minutes']:.0f} minutes, on {machine['cores']} cores ({machine['processor']}) and "
        f"{machine['memory_gib']} GiB; {found['threads']} threads, {found['runs']} rounds or more, a limit of {found['limit']:.0f} s a run.",
        "",
        f"{versions}.",
        "",
        *summary(results),
        "",
        "![Times as long as Lianjie, by kernel](compare.svg)",
        "",
        NOTES,
        "",
    ]
    for name in dict.fromkeys(place[0] for place in results.places):
        lines += graph_table(results, name)
    lines += ["Loading the same file into each system's own structure, and the memory that the process has gained by then:", ""]
    lines += [*load_table(results), ""]
    if communities := community_table(results):
        lines += ["Modularity of the partitions (each library by its own rule and order):", "", *communities, ""]
    return "\n".join([*lines, END])


def put(page: pathlib.Path, text: str) -> None:
    whole = page.read_text(encoding="utf-8")
    if whole.count(BEGIN) != 1 or whole.count(END) != 1 or whole.index(BEGIN) > whole.index(END):
        raise SystemExit(f"{page} has not the two markers of this table, once and in order")
    page.write_text(whole[: whole.index(BEGIN)] + text + whole[whole.index(END) + len(END) :], encoding="utf-8")
