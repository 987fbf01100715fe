"""The national table: a synthetic nation is made, imported, served and asked, each figure beside what the machine itself can do in the
same run. Prints markdown.

    nation.py BINARY KERNELS FOLDER [--households N] [--calls N] [--seconds S] [--threads N] [--out FILE] [--keep]

BINARY is `lianjie`, KERNELS `nation_kernels`. FOLDER is made and, unless --keep, removed again. The exit code is 1 when a step
or a question fails, which stands in the table as well; a figure that is not reached is no failure.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import pathlib
import random
import shutil
import sys
import time

import grpc
import lianjie
import processes
import questions
from table import Table

GIB = 1 << 30
KERNELS = {  # of nation_kernels: what it is called in the table, and the most sweeps that are wanted
    "benefit_flow_share": ("`benefit_flow`, share mode", 5),
    "benefit_flow_ledger": ("`benefit_flow`, ledger mode", None),
    "coverage": ("`coverage` at all levels, its benefit computed too", None),
    "left_out": ("`left_out`, all of them", None),
    "dependence": ("`dependence` on every organisation", 15),
    "page_rank": ("`page_rank`", None),
    "weak_components": ("`weak_components`", None),
    "strong_components": ("`strong_components`", None),
    "distances": ("`distances` from one node", None),
    "distances_undirected": ("`distances` from one node, undirected", None),
    "degree": ("`degree`", None),
    "k_core": ("`k_core`", None),
}
CALLS = {  # name in the table: the client's name and options
    "`benefit_flow`, share mode": ("benefit_flow", {"mode": "SHARE"}),
    "`benefit_flow`, ledger mode": ("benefit_flow", {}),
    "`coverage` at all levels": ("coverage", {}),
    "`dependence` on every organisation": ("dependence", {}),
    "`page_rank`": ("page_rank", {}),
    "`weak_components`": ("weak_components", {}),
    "`degree`": ("degree", {}),
    "`k_core`": ("k_core", {}),
}
CANCELLED = ("benefit_flow", "dependence", "page_rank", "k_core")


class Nation:
    def __init__(self, flags: argparse.Namespace):
        self.flags = flags
        self.folder: pathlib.Path = flags.folder
        self.tables, self.store = self.folder / "tables", self.folder / "store"
        self.table = Table()
        self.sweep = 0.0
        self.failed = False
        self.begin = time.perf_counter()
        self.nodes = self.links = 0
        self.scan_seconds = 0.0
        self.run_seconds: dict[str, float] = {}

    def say(self, text: str) -> None:
        print(f"[{time.perf_counter() - self.begin:7.1f} s] {text}", file=sys.stderr, flush=True)

    def threads(self) -> list:
        return ["--threads", self.flags.threads] if self.flags.threads else []

    # The steps, in their order.

    def generate(self) -> None:
        done = processes.Done(
            [self.flags.binary, "generate", "nation", "--households", self.flags.households, "--seed", 1, "--out", self.tables]
            + ["--format", "json", *self.threads()]
        )
        made = {figure["name"]: figure["made"] for figure in json.loads(done.out)}
        kinds = ("households", "cooperatives, collectives and firms", "agencies", "land pools and funds")
        self.links, self.nodes = int(made["links"]), sum(int(made[kind]) for kind in kinds)
        size = processes.size_of(self.tables)
        self.table.add(
            "generation, written as CSV", "≥ 1,000,000 links/s", f"{self.links / done.seconds:,.0f} links/s",
            f"{self.nodes:,} nodes, {self.links:,} links, {size / 1e9:.1f} GB in {done.seconds:.1f} s, {done.cpu_seconds:.1f} s of "
            f"processor time; {done.peak['VmRSS'] >> 20} MiB at most", self.links / done.seconds >= 1e6,
        )  # fmt: skip

    def choose(self) -> None:
        """What is asked about later: nodes, households and links from all over the tables."""
        nodes = questions.sample(self.tables / "nodes.csv", min(self.nodes, 60_000))
        picked = random.Random(2)
        picked.shuffle(nodes)
        self.households = [row[0] for row in nodes if row[1] == "HOUSEHOLD"]
        self.any_nodes = [row[0] for row in nodes]
        self.changed = questions.sample(self.tables / "links.csv", max(1, self.links // 100))
        self.changed = list({row[0]: row for row in self.changed}.values())
        self.leading = [f"FIRM-LEADING-{household[2:8]}-0001" for household in self.households]
        self.pairs = [(a, b, "UNDIRECTED") for a, b in zip(self.households, picked.sample(self.households, len(self.households)))]
        self.chains = [(a, b, "FORWARD") for a, b in zip(self.leading, self.households)]
        self.counties = sorted({household[2:8] for household in self.households})

    def load(self) -> None:
        arguments = [part for kind in ("regions", "lines", "nodes", "links") for part in (f"--{kind}", self.tables / f"{kind}.csv")]
        done = processes.Done(
            [self.flags.binary, "import", "--data", self.store, *arguments, "--format", "json", *self.threads()]
        )
        answer = json.loads(done.out)
        links, nodes = answer["links"]["created"], answer["nodes"]["created"]
        if (links, nodes) != (self.links, self.nodes):
            raise processes.Failed(f"{links} links and {nodes} nodes were imported of {self.links} and {self.nodes}")
        on_disk = processes.size_of(self.store / "rocksdb")
        self.table.add(
            "import from CSV, end to end, durable", "≥ 500,000 links/s", f"{links / done.seconds:,.0f} links/s",
            f"{(links + nodes) / done.seconds:,.0f} records/s, {done.seconds:.1f} s, {done.cpu_seconds:.1f} s of processor time",
            links / done.seconds >= 5e5,
        )  # fmt: skip
        self.table.add(
            "its disk, nodes included", "≤ 100 bytes/link", f"{on_disk / links:.1f} bytes/link", f"{on_disk / GIB:.2f} GiB",
            on_disk / links <= 100,
        )  # fmt: skip
        self.table.add(
            "its memory at most", "", f"{done.peak['VmRSS'] / GIB:.2f} GiB",
            f"anonymous {done.peak['RssAnon'] / GIB:.2f}, mapped {done.peak['RssFile'] / GIB:.2f}; client, server and store in one",
        )  # fmt: skip
        if not self.flags.keep:
            shutil.rmtree(self.tables)

    def start(self) -> None:
        """From the store's records, and again from the Snapshot that the first server saved."""
        seconds, most = [], []
        for _ in range(2):
            with processes.Server(self.flags.binary, self.store) as server, self.client(server) as client:
                client.run("degree", as_of=questions.AS_OF, max_rows=1)
                seconds.append(time.perf_counter() - server.begin)
                most.append(dict(server.watch.peak))
        self.scan_seconds = seconds[0]
        self.table.add(
            "start to the first answer, from RocksDB", "≤ 60 s", f"{seconds[0]:.1f} s",
            f"{self.links / seconds[0]:,.0f} links/s; anonymous memory at most {most[0]['RssAnon'] / GIB:.2f} GiB", seconds[0] <= 60,
        )  # fmt: skip
        self.table.add(
            "start to the first answer, from a saved Snapshot", "≤ 10 s", f"{seconds[1]:.1f} s", "`degree` of all nodes included",
            seconds[1] <= 10,
        )  # fmt: skip

    def kernels(self) -> None:
        """Without a server: the machine's limits, one sweep, and the kernels in multiples of it."""
        snapshots = sorted((self.store / "snapshots").iterdir())
        if not snapshots:
            raise processes.Failed("no Snapshot was saved: it takes 100,000 nodes and links")
        self.snapshot_bytes = snapshots[0].stat().st_size
        # A process each, so that each begins with a clean heap, and what fails takes nothing else with it.
        lines = []
        for names in ["limits", *(name for name in KERNELS if name != "page_rank"), "page_rank,page_rank_10,page_rank_20", "limits"]:
            try:
                done = processes.Done(
                    [self.flags.kernels, snapshots[0], "--source", self.leading[0], "--only", names, *self.threads()]
                )
                lines += [json.loads(line) for line in done.out.splitlines()]
            except processes.Failed as error:
                if names == "limits":
                    raise
                self.fail(f"kernel `{names.partition(',')[0]}`", error)
        limits = {}
        for line in lines:
            if "limit" in line:
                limits.setdefault(line["limit"], []).append(line)
        self.sweep = min(line["seconds"] for line in limits["sweep"])
        sweep = limits["sweep"][0]
        self.table.add("the machine: streaming reads", "", f"{limits['stream'][0]['bytes_a_second'] / 1e9:.1f} GB/s")
        self.table.add("the machine: random reads from 120 MB", "", f"{limits['random_reads'][0]['reads_a_second'] / 1e6:.0f} million/s")
        self.table.add(
            "the machine: one plain sweep over all links", "", f"{self.sweep * 1e3:,.0f} ms",
            f"{self.links / self.sweep / 1e6:,.0f} million links/s; one thread {sweep['one_thread_seconds'] * 1e3:,.0f} ms; "
            f"at the end of the run {limits['sweep'][-1]['seconds'] * 1e3:,.0f} ms",
        )  # fmt: skip
        found = {line["kernel"]: line for line in lines if "kernel" in line}
        for name, (title, wanted) in KERNELS.items():
            if name in found:
                self.kernel(found[name], title, wanted)
        if "page_rank" in found:
            step = (found["page_rank_20"]["seconds"] - found["page_rank_10"]["seconds"]) / 10
            self.table.add("`page_rank`, an iteration", "", f"{step / self.sweep:.2f} sweeps", f"{step * 1e3:,.1f} ms")
        for line in found.values():
            self.table.add_memory(line)

    def kernel(self, line: dict, title: str, wanted: int | None) -> None:
        sweeps = line["seconds"] / self.sweep
        self.table.add(
            title, f"≤ {wanted} sweeps" if wanted else "", f"{sweeps:.1f} sweeps",
            f"{line['seconds'] * 1e3:,.0f} ms; with making its projection, if any, {line['first_seconds'] * 1e3:,.0f} ms",
            None if wanted is None else sweeps <= wanted,
        )  # fmt: skip

    def serve(self) -> None:
        """Through gRPC: whole analyses, questions of one thing, a change of 1% of the links, cancellation."""
        with processes.Server(self.flags.binary, self.store) as server, self.client(server) as client:
            client.run("degree", as_of=questions.AS_OF, max_rows=1)
            # What must stay in memory while nothing is asked: the process's own, and the mapped Snapshot.
            steady = processes.memory(server.pid)
            self.table.add(
                "serving memory, steady", "≤ 8 GiB", f"{steady['VmRSS'] / GIB:.2f} GiB",
                f"anonymous {steady['RssAnon'] / GIB:.2f}, mapped {steady['RssFile'] / GIB:.2f}; the saved Snapshot has "
                f"{self.snapshot_bytes / GIB:.2f}", max(steady["VmRSS"], steady["RssAnon"] + self.snapshot_bytes) <= 8 * GIB,
            )  # fmt: skip
            self.analyses(client)
            self.table.add(
                "its memory at most, with these analyses", "", f"{server.watch.peak['VmRSS'] / GIB:.2f} GiB",
                f"anonymous {server.watch.peak['RssAnon'] / GIB:.2f}, mapped {server.watch.peak['RssFile'] / GIB:.2f}",
            )  # fmt: skip
            self.cancel(server, client)
            self.interactive(client)
        with processes.Server(self.flags.binary, self.store) as server, self.client(server) as client:
            self.refresh(server, client)

    def analyses(self, client: lianjie.Client) -> None:
        for title, (name, options) in CALLS.items():
            try:
                answer = questions.Answer(client, name, **options)
            except lianjie.LianjieError as error:
                self.fail(f"{title}, through gRPC", error)
                continue
            self.run_seconds[name] = answer.run_seconds
            beside = f"the server's own time {answer.run_seconds * 1e3:,.0f} ms"
            ledger = answer.result.ledger
            if name == "benefit_flow":
                beside += f"; residual {abs(ledger['residual_yuan']) / ledger['injected_yuan']:.1e} of the injections"
            sweeps = f"{answer.run_seconds / self.sweep:.1f} sweeps" if self.sweep else f"{answer.run_seconds:.2f} s"
            self.table.add(f"{title}, through gRPC", "", f"{answer.seconds:.2f} s", f"{beside}, {sweeps}")
            self.say(f"{title}: {answer.seconds:.2f} s")

    def cancel(self, server: processes.Server, client: lianjie.Client) -> None:
        for name in (name for name in CANCELLED if name in self.run_seconds):
            after = min(self.flags.cancel_after, 0.4 * self.run_seconds[name])
            taken = questions.quiet_after_cancel(server, client, name, after)
            self.table.add(
                f"`{name}` cancelled through gRPC: until the server rests", "≤ 50 ms",
                "was done before" if taken is None else f"{taken * 1e3:.0f} ms", "", None if taken is None else taken <= 0.05,
            )  # fmt: skip

    def interactive(self, client: lianjie.Client) -> None:
        ask = questions.Questions(client)
        kinds = [
            ("explain one household", ask.explain, self.households),
            ("one node's page: itself, what it pays, what it is paid", ask.page, self.any_nodes),
            ("one path, a county's leading enterprise to a household", ask.path, self.chains),
            ("one path between any two households, undirected", ask.path, self.pairs),
            ("first page of the left-out of a county", ask.left_out, self.counties),
            ("first page of the left-out of the nation", ask.left_out, [""]),
        ]
        for title, call, arguments in kinds:
            try:
                middle, high, calls = questions.percentiles(call, arguments, self.flags.calls, self.flags.seconds)
            except grpc.RpcError as error:
                self.fail(f"{title}, through gRPC", error)
                continue
            self.table.add(
                f"{title}, through gRPC", "p99 ≤ 20 ms", f"p99 {high:.1f} ms", f"p50 {middle:.1f} ms, {calls:,} calls", high <= 20
            )
            self.say(f"{title}: p50 {middle:.1f} ms, p99 {high:.1f} ms")

    def refresh(self, server: processes.Server, client: lianjie.Client) -> None:
        client.run("degree", as_of=questions.AS_OF, max_rows=1)
        writing = questions.change_links(client, self.changed)
        begin = time.perf_counter()
        answer = client.run("degree", as_of=questions.AS_OF, max_rows=1, latest=True)
        seconds = time.perf_counter() - begin - answer.run_seconds
        part = seconds / self.scan_seconds
        self.table.add(
            "1% of the links changed: to a fresh Snapshot", "≤ 10% of a full load", f"{part:.1%} of the scan",
            f"{seconds:.2f} s for {len(self.changed):,} links, written before at {len(self.changed) / writing:,.0f} mutations/s",
            part <= 0.1,
        )  # fmt: skip
        peak = server.watch.peak
        self.table.add(
            "serving memory while refreshing, at most", "≤ 16 GiB", f"{peak['VmRSS'] / GIB:.2f} GiB",
            f"anonymous {peak['RssAnon'] / GIB:.2f}, mapped {peak['RssFile'] / GIB:.2f}", peak["VmRSS"] <= 16 * GIB,
        )  # fmt: skip

    def client(self, server: processes.Server) -> lianjie.Client:
        return lianjie.connect(server.address, timeout=3600, progress=False)

    def run(self) -> str:
        for step in (self.generate, self.choose, self.load, self.start, self.kernels, self.serve):
            begin = time.perf_counter()
            try:
                step()
            except (processes.Failed, lianjie.LianjieError) as error:
                self.fail(step.__name__, error)
                break
            self.table.took[step.__name__] = time.perf_counter() - begin
            self.say(f"{step.__name__} done")
        return self.table.markdown(self.heading())

    def fail(self, what: str, error: Exception) -> None:
        self.failed = True
        text = " ".join(str(error).split())[:200].replace("|", "/")
        self.table.add(what, "", "failed", text)
        print(f"nation: {what}: {text}", file=sys.stderr, flush=True)

    def heading(self) -> str:
        day = datetime.date.today().isoformat()
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
        return (
            f"`make nation HOUSEHOLDS={self.flags.households}` on {day}: {self.nodes:,} nodes, {self.links:,} links, "
            f"{os.cpu_count()} cores, {memory:.0f} GiB"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("kernels", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--households", type=int, default=30_000_000)
    parser.add_argument("--calls", type=int, default=10_000, help="of each interactive question")
    parser.add_argument("--seconds", type=float, default=240, help="for the calls of one such question: slower ones are fewer")
    parser.add_argument("--threads", type=int, default=0, help="0: all that the machine has")
    parser.add_argument("--cancel-after", type=float, default=0.5, help="seconds")
    parser.add_argument("--out", type=pathlib.Path, help="a file for the table, besides standard output")
    parser.add_argument("--keep", action="store_true", help="leave tables and store in FOLDER")
    flags = parser.parse_args()
    flags.folder.mkdir(parents=True)
    try:
        nation = Nation(flags)
        text = nation.run()
    finally:
        if not flags.keep:
            shutil.rmtree(flags.folder)
    print(text)
    if flags.out:
        flags.out.write_text(text, encoding="utf-8")
    sys.exit(1 if nation.failed else 0)


if __name__ == "__main__":
    main()
