"""Runs every kernel on every graph in the engine and in what people would use instead, in turns, and checks that the answers agree.

    compare.py [--graphs A,B] [--kernels A,B] [--peers A,B] [--runs N] [--threads N] [--limit SECONDS] [--page MD --plot SVG] BINARIES FOLDER

BINARIES is where compare_engine, compare_boost and compare_graphs are; graphs, results.json and logs go into FOLDER. For each graph all
systems load it (timed, with the memory they then hold), and for each kernel they take turns: a round runs every system once, beginning with
another one each time. The first round's answers are held against the engine's. A system that takes more than the limit is stopped, and stands
in the table as such; one whose run takes more than SLOW seconds has one run, not several.
"""

import argparse
import contextlib
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import graphs
import kernels
import numpy as np
import report
from systems import ENGINE, PEERS, Over, System, engine_system, peer_system

SLOW = 10.0  # seconds: a system slower than this runs a kernel once
QUICK = 2.0  # seconds that all rounds of a kernel may take for more of them to be run, up to MOST_RUNS
MOST_RUNS = 5
LOAD_LIMIT = 300.0
MEMORY = pathlib.Path("/dev/shm")  # for answers, which must not wait for a disk that is busy


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Contest:
    """One form of a graph: the systems that have it loaded, and the kernels that they run in turns."""

    def __init__(self, form: graphs.Form, systems: list[System], arguments, most_runs: int = MOST_RUNS):
        self.most_runs = max(most_runs, arguments.runs)
        self.form, self.systems, self.arguments = form, systems, arguments
        self.rows: list[dict] = []
        self.exact: np.ndarray | None = None  # betweenness
        self.answers = pathlib.Path()

    def load(self, system: System) -> dict:
        row = {"graph": self.form.recipe.name, "form": self.form.form, "kernel": "load", "system": system.name}
        try:
            answer = system.load(self.form.path, LOAD_LIMIT)
        except Over:
            return row | {"status": "over", "limit": LOAD_LIMIT}
        if answer.status != "ok":
            system.stop()
            return row | {"status": answer.status, "text": answer.text}
        memory = answer.values["rss_bytes"] - answer.values["bytes_before"]
        return row | {"status": "ok", "seconds": [answer.seconds], "memory_bytes": memory}

    def run_once(self, system: System, kernel: kernels.Kernel, row: dict) -> np.ndarray | None:
        """One timed run, noted in the row; its answer, or None when there is none to be had."""
        limit, out = self.arguments.limit, self.answer_of(system)
        options = kernel.line(self.form)
        try:
            if kernel.sampled and system.name in PEERS and not row["seconds"] and self.is_sampled(system, kernel, row):
                return None
            answer = system.run(kernel.name, out, options, limit)
        except Over:
            if not row["seconds"]:  # else the rounds before stand
                row |= {"status": "over", "limit": limit}
            return None
        if answer.status != "ok":
            row |= {"status": answer.status, "text": answer.text}
            return None
        row["seconds"].append(answer.seconds)
        row["values"] = {key: value for key, value in answer.values.items() if key != "seconds"}
        return np.fromfile(out)

    def answer_of(self, system: System) -> pathlib.Path:
        return self.answers / system.name

    def is_sampled(self, system: System, kernel: kernels.Kernel, row: dict) -> bool:
        """Runs a part of the sources first; where all would take more than the limit, their share of the time stands for it."""
        probe = system.run(kernel.sampled, self.answer_of(system), kernels.SAMPLING, self.arguments.limit)
        if probe.status != "ok" or probe.seconds <= self.arguments.limit:
            return False
        row |= {"status": "sampled", "seconds": [probe.seconds]}
        return True

    def check(self, kernel: kernels.Kernel, row: dict, ours: np.ndarray, theirs: np.ndarray) -> None:
        verdict = kernel.check(ours, theirs, self.form, self.exact)
        row["difference"] = verdict.figure
        if verdict.ours is not None:
            row["ours"] = verdict.ours
        if not verdict.agrees:
            row["status"] = "differs"

    def race(self, kernel: kernels.Kernel) -> None:
        rows = {}
        for system in self.systems:
            if kernel.name not in system.kernels and kernel.sampled not in system.kernels:
                continue
            row = {"graph": self.form.recipe.name, "form": self.form.form, "kernel": kernel.name, "system": system.name}
            again = {"status": "ok"} if system.loaded else self.load(system)  # it was stopped
            rows[system.name] = again | row | {"seconds": []}
        answers, begin = {}, time.monotonic()
        racing = [system for system in self.systems if system.loaded and system.name in rows]
        for number in range(self.most_runs if racing else 0):
            if number >= self.arguments.runs and time.monotonic() - begin > QUICK:
                break
            for system in racing[number % len(racing) :] + racing[: number % len(racing)]:
                row = rows[system.name]
                if row["status"] not in ("ok", "differs") or not system.loaded or (number > 0 and row["seconds"][0] > SLOW):
                    continue
                answer = self.run_once(system, kernel, row)
                if answer is not None and system.name not in answers:
                    answers[system.name] = answer
            if number == 0:
                self.judge(kernel, rows, answers)
        self.rows += [row for row in rows.values() if row["status"] != "none"]
        self.tell(kernel, rows)

    def judge(self, kernel: kernels.Kernel, rows: dict, answers: dict) -> None:
        ours = answers.get(ENGINE)
        if ours is None:
            return
        if kernel.name == "betweenness":
            self.exact = ours
        for name, theirs in answers.items():
            if name != ENGINE:
                self.check(kernel, rows[name], ours, theirs)

    def tell(self, kernel: kernels.Kernel, rows: dict) -> None:
        cells = []
        for name, row in rows.items():
            if row["seconds"]:
                mark = "" if row["status"] == "ok" else f" {row['status']} {row.get('difference', '')}".rstrip()
                cells.append(f"{name} {statistics.median(row['seconds']):.4g} s{mark}")
            elif row["status"] != "none":
                cells.append(f"{name} {row['status']} {row.get('text', '')}".rstrip())
        say(f"  {kernel.name}: {'; '.join(cells)}")

    def run(self, wanted: list[kernels.Kernel]) -> list[dict]:
        here = [kernel for kernel in wanted if kernel.runs_on(self.form)]
        if not here:
            return []
        say(f"{self.form.name}: {self.form.graph.n:,} vertices, {self.form.graph.m:,} edges")
        self.rows = [self.load(system) for system in self.systems]
        for row in self.rows:
            if row["status"] != "ok":
                say(f"  {row['system']} does not load it: {row['status']} {row.get('text', '')}")
        with tempfile.TemporaryDirectory(prefix="compare-", dir=MEMORY if MEMORY.is_dir() else None) as answers:
            self.answers = pathlib.Path(answers)
            try:
                for kernel in here:
                    self.race(kernel)
            finally:
                for system in self.systems:
                    system.stop()
        return self.rows


def versions(peers: list[str]) -> dict[str, str]:
    found = {"Python": platform.python_version()}
    for name in peers:
        if PEERS[name].package:
            found[name] = importlib.metadata.version(PEERS[name].package)
        else:
            header = pathlib.Path("/usr/include/boost/version.hpp").read_text(encoding="utf-8")
            found[name] = header.split('BOOST_LIB_VERSION "')[1].split('"')[0].replace("_", ".")
    return found


def machine() -> dict:
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"processor": cpu, "cores": os.cpu_count(), "memory_gib": round(memory / 2**30)}


def revision() -> str:
    here = pathlib.Path(__file__).parent
    found = subprocess.run(["git", "-C", here, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def names(known):
    def split(text: str) -> list[str]:
        found = text.replace(",", " ").split()
        if unknown := [name for name in found if name not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]} is not one of {', '.join(known)}")
        return found

    return split


def parser_of_all(says: str, runs: int) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=says)
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)

    all_kernels = [kernel.name for kernel in kernels.ALL]
    parser.add_argument("--graphs", type=names(graphs.ALL), default=graphs.FULL)
    parser.add_argument("--kernels", type=names(all_kernels), default=all_kernels)
    parser.add_argument("--runs", type=int, default=runs)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=float, default=30.0)
    return parser


def parse(words: list[str] | None = None) -> argparse.Namespace:
    parser = parser_of_all(__doc__.splitlines()[0], runs=3)
    parser.add_argument("--peers", type=names(PEERS), default=list(PEERS))
    parser.add_argument("--page", type=pathlib.Path, help="the page whose table is written anew; without it, the table is printed")
    parser.add_argument("--plot", type=pathlib.Path)
    return parser.parse_args(words)


def compare(arguments) -> dict:
    binaries, folder = arguments.binaries.resolve(), arguments.folder.resolve()
    begin = time.monotonic()
    wanted = [kernel for kernel in kernels.ALL if kernel.name in arguments.kernels]
    results = {
        "date": datetime.date.today().isoformat(),
        "revision": revision(),
        "machine": machine(),
        "versions": versions(arguments.peers),
        "threads": arguments.threads,
        "runs": arguments.runs,
        "limit": arguments.limit,
        "load_average": os.getloadavg()[0],
        "sizes": {},
        "rows": [],
    }
    for form in graphs.make(arguments.graphs, binaries / "compare_graphs", folder / "graphs"):
        with scratch(folder) as place:
            systems = [engine_system(binaries, place, arguments.threads)]
            for name in arguments.peers:
                if PEERS[name].takes(form.recipe.small, form.form):
                    systems.append(peer_system(PEERS[name], binaries, place, arguments.threads))
            results["rows"] += Contest(form, systems, arguments).run(wanted)
        results["sizes"][form.name] = [form.graph.n, form.graph.m]
        form.forget()
        results["minutes"] = (time.monotonic() - begin) / 60
        (folder / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    return results


@contextlib.contextmanager
def scratch(folder: pathlib.Path):
    """A folder for what one graph's systems write: logs and stores."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="scratch-", dir=folder))
    try:
        yield place
    finally:
        shutil.rmtree(place)


def warn_if_busy() -> None:
    if os.getloadavg()[0] > 0.5 * os.cpu_count():
        say(f"the machine is busy (load {os.getloadavg()[0]:.1f}): figures will be noisy")


def main() -> None:
    arguments = parse()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    warn_if_busy()
    results = compare(arguments)
    wrong = [row for row in results["rows"] if row["status"] in ("differs", "error")]
    for row in wrong:
        place = f"{row['graph']}.{row['form']} {row['kernel']}"
        say(f"{place}: {row['system']}: {row['status']} {row.get('text', row.get('difference', ''))}")
    say(f"{len(results['rows'])} figures in {results['minutes']:.1f} minutes: {arguments.folder / 'results.json'}")
    found = report.Results(results)
    if arguments.plot:
        from plot import plot  # matplotlib is no part of what the tests install

        plot(found, arguments.plot)
    if arguments.page:
        report.put(arguments.page, report.section(found))
    else:
        print(report.section(found))


if __name__ == "__main__":
    main()
