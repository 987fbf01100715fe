"""The plot of the comparison: a row a kernel, a dot a peer, where it stands the median over graphs of how many times as long it takes."""

import pathlib
import statistics

import kernels
import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

MARKS = "osD^vP"


def plot(results, path: pathlib.Path) -> None:
    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "compare", "font.size": 9}
    points: dict[str, dict[str, float]] = {}
    for kernel in (kernel.name for kernel in kernels.ALL):
        for peer in results.peers:
            ratios = [r for place in results.places if place[2] == kernel and (r := results.fair(place, peer))]
            if ratios:
                points.setdefault(kernel, {})[peer] = statistics.median(ratios)
    names = sorted(points, key=lambda kernel: min(points[kernel].values()))
    figure, axes = plt.subplots(figsize=(7.5, 0.8 + 0.24 * len(names)), layout="constrained")
    for peer, mark in zip(results.peers, MARKS):
        here = [(points[name][peer], row) for row, name in enumerate(names) if peer in points[name]]
        if here:
            axes.plot(*zip(*here), mark, label=peer, markersize=5)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("times as long as Lianjie (median over graphs; right of the line Lianjie is faster)")
    axes.grid(axis="both", linewidth=0.3)
    axes.minorticks_off()
    figure.legend(loc="outside upper center", ncols=len(results.peers), fontsize=8)
    figure.savefig(path, metadata={"Date": None})
