"""How the answers of two systems are held against one another. A check takes the engine's and a peer's answer, the form of the graph, and
what is known beside (an exact answer); it gives a Verdict: whether they agree, and a figure worth printing."""

import dataclasses

import numpy as np


@dataclasses.dataclass
class Verdict:
    agrees: bool
    figure: float = 0.0  # the difference found, or the peer's modularity
    ours: float | None = None


def _same_size(check):
    def run(ours, theirs, form, exact=None):
        if len(ours) != len(theirs):
            return Verdict(False, float("nan"))
        return check(ours, theirs, form, exact)

    return run


def equal():
    @_same_size
    def run(ours, theirs, form, exact):
        wrong = int((ours != theirs).sum())
        return Verdict(wrong == 0, wrong)

    return run


def close(tolerance: float):
    """The greatest difference, in parts of the greatest number."""

    @_same_size
    def run(ours, theirs, form, exact):
        scale = max(float(np.abs(ours).max(initial=0)), 1e-300)
        figure = float(np.abs(ours - theirs).max(initial=0)) / scale
        return Verdict(figure <= tolerance, figure)

    return run


def total(tolerance: float):
    """Differences summed, of scores that sum to about 1."""

    @_same_size
    def run(ours, theirs, form, exact):
        figure = float(np.abs(ours - theirs).sum())
        return Verdict(figure <= tolerance, figure)

    return run


def shares(tolerance: float):
    """As total, of scores that are scaled to sum to 1."""
    compare = total(tolerance)
    return lambda ours, theirs, form, exact=None: compare(ours / ours.sum(), theirs / theirs.sum(), form)


def scaled(tolerance: float):
    """As close, when both are scaled so that their greatest number is 1: libraries scale in different ways."""
    compare = close(tolerance)

    def run(ours, theirs, form, exact=None):
        if not np.any(ours) or not np.any(theirs):
            return Verdict(False, float("nan"))
        return compare(ours / ours.max(), theirs / theirs.max(), form)

    return run


def partition():
    """The same groups, whatever they are called."""

    @_same_size
    def run(ours, theirs, form, exact):
        pairs = len(np.unique(np.column_stack([ours, theirs]), axis=0))
        groups = len(np.unique(ours)), len(np.unique(theirs))
        return Verdict(pairs == groups[0] == groups[1], abs(groups[0] - groups[1]))

    return run


def modularity(graph, groups: np.ndarray) -> float:
    _, group = np.unique(groups, return_inverse=True)
    degrees = np.bincount(graph.sources, minlength=graph.n) + np.bincount(graph.targets, minlength=graph.n)
    inside = float((group[graph.sources] == group[graph.targets]).sum())
    strengths = np.bincount(group, weights=degrees)
    return inside / graph.m - float(((strengths / (2 * graph.m)) ** 2).sum())


def communities():
    """Partitions differ by right: the modularity of both is told, and no more than that can be asked of a peer's partition than that it has one."""

    def run(ours, theirs, form, exact=None):
        mine, other = modularity(form.graph, ours), modularity(form.graph, theirs)
        return Verdict(len(theirs) == form.graph.n, other, mine)

    return run


def approximate(epsilon: float):
    """Of scores that are parts of all pairs: within epsilon of the exact ones where these are known, else of each other within twice that."""

    @_same_size
    def run(ours, theirs, form, exact):
        if exact is None:
            figure = float(np.abs(ours - theirs).max())
            return Verdict(figure <= 2 * epsilon, figure)
        pairs = (form.graph.n - 1) * (form.graph.n - 2) / 2
        truth = exact / pairs
        errors = [float(np.abs(found - truth).max()) for found in (ours, theirs)]
        return Verdict(max(errors) <= epsilon, errors[1], errors[0])

    return run
