"""The comparison whole, on tiny graphs and with the peers that the tests have anyway, so that it still runs when somebody wants it."""

import argparse
import json
import subprocess
import sys

import compare
import graphs
import kernels
import numpy as np
import pytest
import regression
import report
from conftest import BINARIES, ROOT
from graph_file import read_graph
from systems import ENGINE, Over, System

PEERS = ["igraph", "Boost.Graph", "SciPy", "NetworkX"]
PEERLESS = {"betweenness_approximate"}  # NetworKit alone has it


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """One run of every kernel: its results, and what it printed."""
    folder = tmp_path_factory.mktemp("compare")
    command = [sys.executable, ROOT / "benchmarks/compare/compare.py", "--graphs", "tiny-county,tiny-wiki", "--peers", ",".join(PEERS)]
    done = subprocess.run([*command, "--runs", "1", BINARIES, folder], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "results.json").read_text(encoding="utf-8")), done.stdout


def test_every_answer_agrees(run):
    assert [row for row in run[0]["rows"] if row["status"] != "ok"] == []


def test_every_kernel_has_run_beside_a_peer(run):
    systems = {}
    for row in run[0]["rows"]:
        systems.setdefault(row["kernel"], set()).add(row["system"])
        assert all(seconds >= 0 for seconds in row["seconds"])
    assert set(systems) == {kernel.name for kernel in kernels.ALL} | {"load"}
    assert {name for name, found in systems.items() if found == {ENGINE}} == PEERLESS
    assert systems["load"] == {ENGINE, *PEERS}


def test_the_page_holds_every_figure(run):
    results = report.Results(run[0])
    for place in results.places:
        if place[2] != "load":
            line = next(line for line in run[1].splitlines() if line.startswith(f"| {place[2]}") and report.seconds_text(results.seconds(place)) in line)
            assert line.count("|") == len(PEERS) + 3


def test_the_page_is_written_between_its_markers_alone(run, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", encoding="utf-8")
    text = report.section(report.Results(run[0]))
    report.put(page, text)
    report.put(page, text)
    assert page.read_text(encoding="utf-8") == f"before\n{text}\nafter\n"
    page.write_text("no markers\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        report.put(page, text)


@pytest.mark.parametrize("name", ["tiny-county", "tiny-province", "tiny-kronecker", "tiny-grid", "tiny-wiki"])
def test_graphs_are_simple_and_come_from_their_seed(name, tmp_path):
    made = [graphs.make([name], BINARIES / "compare_graphs", tmp_path / part) for part in ("first", "again")]
    for form, again in zip(*made):
        assert form.path.read_bytes() == again.path.read_bytes()
        graph = read_graph(form.path)
        if form.form == "flow":
            assert graph.values is not None and graph.values.sum() > 0
            continue
        pairs = graph.sources.astype(np.int64) * graph.n + graph.targets
        assert graph.m > graph.n / 2 and np.all(np.diff(pairs) > 0) and np.all(graph.sources != graph.targets)
        assert graph.directed or np.all(graph.sources < graph.targets)
        assert np.all((graph.weights >= 1) & (graph.weights <= 255) & (graph.weights == np.round(graph.weights)))


def test_a_system_that_takes_too_long_or_dies_is_told_and_comes_back(tmp_path):
    worker = (
        "import sys, time\n"
        "for line in sys.stdin:\n"
        "    word = line.split()[1] if line.strip() != 'list' else ''\n"
        "    if word == 'slow': time.sleep(60)\n"
        "    if word == 'dies': sys.exit(1)\n"
        "    if not word: print('names bfs slow', flush=True); continue\n"
        "    print('ok seconds=0.5 rss_bytes=2 bytes_before=1', flush=True)\n"
    )
    system = System("worker", [sys.executable, "-c", worker], tmp_path, 1)
    assert system.load("file", 30).seconds == 0.5 and system.kernels == ["bfs", "slow"]
    with pytest.raises(Over):
        system.run("slow", "out", "", 0.2)
    assert not system.loaded and system.load("file", 30).status == "ok"
    assert system.run("dies", "out", "", 30).status == "error" and not system.loaded
    assert system.load("file", 30).status == "ok"
    system.stop()


WORKER = """
import sys, time
for line in sys.stdin:
    word, *rest = line.split()
    if word == "list": print("names bfs degree", flush=True); continue
    if word == "run":
        if rest[0] == sys.argv[1]: time.sleep(60)
        open(rest[1], "wb").write(bytes(8 * int(sys.argv[2])))
    print("ok seconds=0.5 rss_bytes=2 bytes_before=1", flush=True)
"""


def test_who_is_stopped_stands_in_the_table_and_runs_the_next_kernel(tmp_path):
    form = graphs.make(["tiny-grid"], BINARIES / "compare_graphs", tmp_path)[0]
    command = [sys.executable, "-c", WORKER]
    systems = [
        System(ENGINE, [*command, "none", 144], tmp_path, 1),
        System("slow", [*command, "bfs", 144], tmp_path, 1),
        System("wrong", [*command, "none", 143], tmp_path, 1),
    ]
    wanted = [kernel for kernel in kernels.ALL if kernel.name in ("bfs", "degree")]
    found = compare.Contest(form, systems, argparse.Namespace(runs=2, limit=2.0), 2).run(wanted)
    told = {(row["kernel"], row["system"]): (row["status"], len(row.get("seconds", []))) for row in found}
    assert told[("bfs", "slow")] == ("over", 0) and told[("degree", "slow")] == ("ok", 2)
    assert {told[(kernel, "wrong")] for kernel in ("bfs", "degree")} == {("differs", 2)}
    assert {told[(kernel, ENGINE)] for kernel in ("bfs", "degree")} == {("ok", 2)}
    results = report.Results({"rows": found, "versions": {}})
    assert report.cell(results, ("tiny-grid", "undirected", "bfs"), "slow") == "> 4"
    assert report.cell(results, ("tiny-grid", "undirected", "degree"), "wrong") == "1 ≠"
    assert results.fair(("tiny-grid", "undirected", "bfs"), "slow") == 4
    assert results.fair(("tiny-grid", "undirected", "degree"), "wrong") is None


def rows(now: list[float], base: list[float]) -> list[dict]:
    place = {"graph": "county", "form": "directed", "kernel": "bfs", "status": "ok"}
    return [place | {"system": ENGINE, "seconds": now}, place | {"system": "base", "seconds": base}]


def test_a_kernel_that_became_slower_is_told():
    lines, worse = regression.compare_rows(rows([0.3, 0.25, 0.3], [0.2, 0.2, 0.21]), "base", 1.1)
    assert worse == {("county", "directed", "bfs"): pytest.approx(1.5)}
    assert [line[-2:] for line in lines] == [["1.50", "slower"]]
    assert regression.compare_rows(rows([0.3, 0.25, 0.3], [0.2, 0.2, 0.21]), "base", 2.0)[1] == {}
    # One slow run of several, and microseconds, are noise.
    assert regression.compare_rows(rows([0.2, 0.9, 0.9], [0.2, 0.2, 0.2]), "base", 1.1)[1] == {}
    assert regression.compare_rows(rows([3e-5, 3e-5], [1e-5, 1e-5]), "base", 1.1)[1] == {}
