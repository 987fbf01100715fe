"""Answers that are wrong are seen to be: a comparison that cannot tell would say nothing about speed either."""

import checks
import numpy as np
import pytest
from graph_file import Graph

# Two triangles joined by one edge.
EDGES = np.array([[0, 1], [0, 2], [1, 2], [2, 3], [3, 4], [3, 5], [4, 5]], dtype=np.uint32)


class Form:
    graph = Graph(False, 6, EDGES[:, 0], EDGES[:, 1], np.ones(7))


TRUTH = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0])
RULES = {
    "equal": (checks.equal(), 1e-12),
    "close": (checks.close(1e-9), 1e-7),
    "total": (checks.total(1e-9), 1e-8),
    "shares": (checks.shares(1e-6), 1e-3),
    "scaled": (checks.scaled(1e-4), 1e-2),
}


@pytest.mark.parametrize("name", RULES)
def test_a_number_that_is_off_is_seen(name):
    check, off = RULES[name]
    assert check(TRUTH, TRUTH.copy(), Form).agrees
    wrong = TRUTH.copy()
    wrong[2] += off
    assert not check(TRUTH, wrong, Form).agrees


@pytest.mark.parametrize("name", RULES)
def test_an_answer_of_another_length_is_seen(name):
    assert not RULES[name][0](TRUTH, TRUTH[:-1], Form).agrees


def test_scales_may_differ_where_libraries_scale():
    assert RULES["scaled"][0](TRUTH, 7 * TRUTH, Form).agrees and RULES["shares"][0](TRUTH, 7 * TRUTH, Form).agrees
    assert not RULES["scaled"][0](TRUTH, 0 * TRUTH, Form).agrees


def test_partitions_are_the_same_whatever_their_names():
    check = checks.partition()
    ours = np.array([0, 0, 0, 3, 3, 3])
    assert check(ours, np.array([8, 8, 8, 1, 1, 1]), Form).agrees
    assert not check(ours, np.array([8, 8, 8, 8, 8, 8]), Form).agrees  # merged
    assert not check(ours, np.array([8, 8, 8, 1, 1, 2]), Form).agrees  # split
    assert not check(ours, np.array([8, 8, 1, 1, 1, 1]), Form).agrees  # as many, but others


def test_modularity_is_that_of_the_definition():
    # 6 of 7 links inside; each half has degrees that sum to 7 of 14.
    assert checks.modularity(Form.graph, np.array([0, 0, 0, 1, 1, 1])) == pytest.approx(6 / 7 - 2 * 0.25)
    assert checks.modularity(Form.graph, np.zeros(6)) == pytest.approx(0)
    verdict = checks.communities()(np.array([0, 0, 0, 1, 1, 1]), np.zeros(6), Form)
    assert (verdict.ours, verdict.figure) == (pytest.approx(5 / 14), pytest.approx(0))


def test_approximate_scores_are_held_to_the_exact_ones():
    check = checks.approximate(0.01)
    exact = np.array([0.0, 0.0, 6.0, 6.0, 0.0, 0.0])  # of (6 - 1)(6 - 2) / 2 pairs
    near = exact / 10 + 0.009
    assert check(near, exact / 10, Form, exact).agrees
    assert not check(exact / 10 + 0.011, exact / 10, Form, exact).agrees
    assert check(near, exact / 10 - 0.009, Form).agrees and not check(near, exact / 10 - 0.012, Form).agrees
