"""Runs the kernels of the present engine and of another revision's in turns, and fails when one has become slower.

    regression.py --base REVISION [--graphs A,B] [--kernels A,B] [--runs N] [--slower 1.1] BINARIES FOLDER

The base is exported to FOLDER/base and built there with the present worker, so that both are asked and timed in the same way; where its engine is
too far from the present one for that, with the worker that it has itself. A kernel counts as slower when both the medians and the best runs say so,
and say so again when it is run once more.
"""

import pathlib
import shutil
import statistics
import subprocess
import sys

import graphs
import kernels
from compare import Contest, parser_of_all, say, scratch, warn_if_busy
from report import seconds_text, table
from systems import ENGINE, engine_system

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.PurePosixPath("benchmarks/compare")
GRAPHS = ["county", "kronecker", "grid", "wiki"]
MOST_RUNS = 15  # of kernels that take milliseconds
RESOLUTION = 50e-6  # seconds: differences below it are the clock's and the scheduler's


def output(*command) -> str:
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout.strip()


def export(commit: str, tree: pathlib.Path) -> None:
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    archive = subprocess.run(["git", "-C", ROOT, "archive", commit], check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", tree], input=archive, check=True)
    (tree / ".venv").symlink_to(ROOT / ".venv")  # the API's protos need it


def build_there(tree: pathlib.Path, log) -> bool:
    configure = ["cmake", "--preset", "release", "--log-level=NOTICE", "-DLIANJIE_BUILD_TESTS=OFF"]
    for command in (configure, ["cmake", "--build", "build/release", "--target", "compare_engine"]):
        if subprocess.run(command, cwd=tree, stdout=log, stderr=log, check=False).returncode != 0:
            return False
    return True


def build_base(revision: str, folder: pathlib.Path) -> tuple[str, pathlib.Path]:
    """The base's short name, and where its compare_engine is. A worker of its own is the second choice."""
    commit = output("git", "-C", ROOT, "rev-parse", "--verify", f"{revision}^{{commit}}")
    name = output("git", "-C", ROOT, "rev-parse", "--short", commit)
    tree = folder / "base" / commit
    tree.parent.mkdir(parents=True, exist_ok=True)
    for old in tree.parent.iterdir():  # one base at a time is kept built
        if old.is_dir() and old != tree:
            shutil.rmtree(old)
    say(f"building the engine of {name}")
    with open(folder / "base" / "build.log", "wb") as log:
        if not tree.exists():
            export(commit, tree)
        top = tree / "CMakeLists.txt"
        had_its_own = str(HERE) in top.read_text(encoding="utf-8")
        for file in (ROOT / HERE).iterdir():
            if file.suffix in (".cc", ".h", ".txt"):
                (tree / HERE).mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, tree / HERE / file.name)
        if not had_its_own:
            with open(top, "a", encoding="utf-8") as lines:
                lines.write(f"add_subdirectory({HERE} EXCLUDE_FROM_ALL)\n")
        if not build_there(tree, log):
            say("the present worker does not build over it; trying its own")
            export(commit, tree)
            if not (tree / HERE).exists() or not build_there(tree, log):
                sys.exit(f"{name} does not build: see {log.name}")
    return name, tree / "build/release/bin"


def compare_rows(rows: list[dict], name: str, slower: float) -> tuple[list[list[str]], dict[tuple, float]]:
    """Lines of the table, and what seems to have become slower: graph, form and kernel, and how many times as slow."""
    lines, worse = [], {}
    by_key = {(row["graph"], row["form"], row["kernel"], row["system"]): row for row in rows}
    for (graph, form, kernel, system), row in by_key.items():
        base = by_key.get((graph, form, kernel, name))
        if system != ENGINE or base is None or not row.get("seconds") or not base.get("seconds"):
            continue
        now, before = row["seconds"], base["seconds"]
        ratio = statistics.median(now) / statistics.median(before)
        mark = "differs" if base["status"] == "differs" else ""
        if kernel != "load" and ratio > slower and min(now) > slower * min(before) + RESOLUTION:
            mark = f"{mark} slower".strip()
            worse[graph, form, kernel] = ratio
        cells = [seconds_text(statistics.median(now)), seconds_text(statistics.median(before)), f"{ratio:.2f}", mark]
        lines.append([kernel, f"{graph}, {form}", *cells])
    return lines, worse


class Regression:
    """The present engine and the base's, on the same graphs."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.binaries, self.folder = arguments.binaries.resolve(), arguments.folder.resolve()
        self.name, self.base = build_base(arguments.base, self.folder)
        self.forms = graphs.make(arguments.graphs, self.binaries / "compare_graphs", self.folder / "graphs")

    def race(self, wanted) -> list[dict]:
        """Rows of all kernels for which `wanted`, given form and kernel, says so."""
        rows, threads = [], self.arguments.threads
        for form in self.forms:
            here = [kernel for kernel in kernels.ALL if kernel.runs_on(form) and wanted(form, kernel)]
            if not here:
                continue
            with scratch(self.folder) as place:
                systems = [engine_system(self.binaries, place, threads), engine_system(self.base, place, threads, self.name)]
                rows += Contest(form, systems, self.arguments, MOST_RUNS).run(here)
            form.forget()
        return rows

    def run(self) -> int:
        slower = self.arguments.slower
        rows = self.race(lambda _, kernel: kernel.name in self.arguments.kernels)
        lines, worse = compare_rows(rows, self.name, slower)
        print("\n".join(table(["kernel", "graph", "present", self.name, "present / base", ""], lines)))
        if worse:
            say("once more, what seems slower:")
            again = self.race(lambda form, kernel: (form.recipe.name, form.form, kernel.name) in worse)
            worse = compare_rows(again, self.name, slower)[1]
        for (graph, form, kernel), ratio in worse.items():
            print(f"slower: {kernel} on {graph}, {form}: {ratio:.2f} times as long as at {self.name}, and a second time")
        failed = [row for row in rows if row["status"] in ("error", "over") and row["system"] == ENGINE]
        for row in failed:
            print(f"failed: {row['kernel']} on {row['graph']}, {row['form']}: {row['status']} {row.get('text', '')}")
        if not worse and not failed:
            print(f"nothing takes more than {slower} times as long as at {self.name}")
        return 1 if worse or failed else 0


def main() -> None:
    parser = parser_of_all(__doc__.splitlines()[0], runs=5)
    parser.add_argument("--base", required=True)
    parser.add_argument("--slower", type=float, default=1.1, help="the ratio of medians from which on it fails")
    parser.set_defaults(graphs=GRAPHS)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    warn_if_busy()
    sys.exit(Regression(arguments).run())


if __name__ == "__main__":
    main()
