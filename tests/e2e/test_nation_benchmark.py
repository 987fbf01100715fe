"""The national table's command on a nation of a county's size: every step goes, and the table has every row."""

import json
import pathlib
import subprocess
import sys

import harness
import pytest

DRIVER = harness.ROOT / "benchmarks" / "nation" / "nation.py"
KERNELS = harness.BINARY.parent / "nation_kernels"
# A Snapshot of fewer nodes and links is not saved, and the kernels run on a saved one.
HOUSEHOLDS = 35_000

ROWS = """generation, written as CSV
import from CSV, end to end, durable
its disk, nodes included
its memory at most
start to the first answer, from RocksDB
start to the first answer, from a saved Snapshot
the machine: streaming reads
the machine: random reads from 120 MB
the machine: one plain sweep over all links
`benefit_flow`, share mode
`benefit_flow`, ledger mode
`coverage` at all levels, its benefit computed too
`dependence` on every organisation
`page_rank`
`page_rank`, an iteration
`weak_components`
`distances` from one node
`degree`
`k_core`
serving memory, steady
`dependence` on every organisation, through gRPC
`k_core` cancelled through gRPC: until the server rests
explain one household, through gRPC
one node's page: itself, what it pays, what it is paid, through gRPC
one path, a county's leading enterprise to a household, through gRPC
first page of the left-out of a county, through gRPC
first page of the left-out of the nation, through gRPC
1% of the links changed: to a fresh Snapshot
serving memory while refreshing, at most""".splitlines()


def measure(folder: pathlib.Path, kernels: pathlib.Path, *more) -> subprocess.CompletedProcess:
    if not KERNELS.is_file():
        pytest.skip(f"no {KERNELS.name} beside the binary; `make test` builds it")
    command = [sys.executable, DRIVER, harness.BINARY, kernels, folder, "--households", HOUSEHOLDS]
    command += ["--calls", 10, "--seconds", 2, "--cancel-after", 0.02, *more]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, env=harness.ENVIRONMENT, check=False)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """What the whole command printed, and its folder, kept."""
    folder = tmp_path_factory.mktemp("nation_benchmark")
    done = measure(folder / "nation", KERNELS, "--keep", "--out", folder / "table.md")
    assert done.returncode == 0, done.stderr
    assert (folder / "table.md").read_text(encoding="utf-8").strip() == done.stdout.strip()
    return done.stdout, folder / "nation"


def test_every_row_is_measured(measured):
    lines = [[cell.strip() for cell in line[1:-1].split("|")] for line in measured[0].splitlines() if line.startswith("| ")]
    rows = {line[0]: line for line in lines if len(line) == 4}
    assert set(ROWS) <= set(rows), sorted(set(ROWS) - set(rows))
    for name in ROWS:
        reached = rows[name][2]
        assert any(digit.isdigit() for digit in reached) or reached == "was done before", rows[name]
    residual = rows["`benefit_flow`, share mode, through gRPC"][3].partition("residual ")[2].split()[0]
    assert float(residual) <= 1e-9
    memory = {line[0]: line for line in lines if len(line) == 5}
    assert {"`dependence`", "`page_rank`", "`k_core`", "`coverage`"} <= set(memory)
    assert "Took: generate" in measured[0]


def test_kernels_say_what_they_measure(measured, tmp_path):
    (snapshot,) = (measured[1] / "store" / "snapshots").iterdir()
    run = subprocess.run(
        [KERNELS, snapshot, "--only", "limits,degree,k_core", "--threads", "1"], capture_output=True, text=True, timeout=120, check=True
    )
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert [line["kernel"] for line in lines if "kernel" in line] == ["degree", "k_core"]
    assert [line["limit"] for line in lines if "limit" in line] == ["stream", "random_reads", "open", "sweep"]
    assert all(value > 0 for line in lines for key, value in line.items() if key.endswith("seconds") and key != "cancelled_seconds")
    damaged = tmp_path / "damaged"
    damaged.write_bytes(snapshot.read_bytes()[:-100])
    assert subprocess.run([KERNELS, damaged], capture_output=True, timeout=120, check=False).returncode == 1
    source = [KERNELS, snapshot, "--only", "distances", "--source", "nobody"]
    assert subprocess.run(source, capture_output=True, timeout=120, check=False).returncode == 1
    assert subprocess.run([KERNELS], capture_output=True, timeout=60, check=False).returncode == 2


def test_a_step_that_fails_ends_it_and_leaves_nothing(tmp_path):
    done = measure(tmp_path / "nation", pathlib.Path("/bin/false"))
    assert done.returncode == 1
    assert "nation: kernels: " in done.stderr and "ended with 1" in done.stderr
    assert "| kernels |  | failed |" in done.stdout
    assert "its disk, nodes included" in done.stdout, "what was measured before is not lost"
    assert not (tmp_path / "nation").exists()
