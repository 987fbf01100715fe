"""One store that lives through several faults: started, compared with the journal, written to, broken, started again."""

from __future__ import annotations

import contextlib
import pathlib
import random
import shutil
import subprocess
import threading
import time

import lianjie
import workload
from control import Control
from disk import ORDERED, RANDOM, STRICT, Disk
from journal import Findings, State, Stream
from process import BINARY, Server, environment

WRITERS = 3
MOST_NOTES = 4  # of one client
WAYS = (STRICT, STRICT, ORDERED, RANDOM)


class Broken(Exception):
    """The store contradicts the journal so far that the chain cannot go on; the findings say how."""


class Chain:
    """`traced`: every start is traced, and `cut` may follow a kill. `root`: the folder that stands for the disk. `first`: the
    number of its first fault among all of its kind."""

    def __init__(self, kind: str, number: int, seed: int, folder: pathlib.Path, *, traced: bool = False, first: int = 0):
        self.number, self.first = number, first
        self.rng = random.Random(f"{seed}/{kind}/{number}")
        self.folder = folder
        self.traced = traced
        self.findings = Findings()
        self.control = Control(folder / "control")
        self.root = folder / "disk"
        self.root.mkdir()
        self.floor = "0"  # of free disk
        # In every other chain history is cut and removed while all else happens; request ids go with it.
        self.retention = ("--retention", "1s") if number % 2 else ()
        self.server: Server | None = None
        self._disk: Disk | None = None
        self._starts = 0
        self._verified: tuple[str, int] | None = None  # the backup, and in which life of the server
        self.revision: int | None = None  # of the shared graph when it was last compared
        names = [f"w{i}" for i in range(WRITERS)]
        keeps = not self.retention
        self.writers = [workload.Writer(Stream(name), f"{seed}/{kind}/{number}/{name}", keeps) for name in names]
        backups = self.root / "backups"
        backups.mkdir()
        self.operator = workload.Operator(Stream("operator"), f"{seed}/{kind}/{number}/operator", backups)
        self.clients = [*self.writers, self.operator]

    @property
    def store(self) -> pathlib.Path:
        return self.root / "store"

    def flags(self) -> tuple[str, ...]:
        """A small buffer, so that flushes and compactions happen within seconds."""
        return ("--write-buffer", "1M", "--min-free-disk", self.floor, *self.retention)

    # Processes.

    def start(self, wait: bool = True, preload: bool = True) -> Server:
        """Starts a server; whether it listens is the caller's to look at."""
        self._starts += 1
        faults = None
        if preload:
            faults = {"FAULTS_ROOT": str(self.root), "FAULTS_CONTROL": str(self.control.path)}
        if preload and self.traced:
            faults = self._traced()
        self.server = Server(self.store, self.folder / f"log{self._starts}", *self.flags(), faults=faults, wait=wait)
        return self.server

    def _traced(self) -> dict[str, str]:
        """What is on disk now is there for certain; from now on every call is written down. The library's settings."""
        keep, trace = self.folder / "keep", self.folder / "trace"
        shutil.rmtree(keep, ignore_errors=True)
        keep.mkdir()
        trace.write_bytes(b"")
        self._disk = Disk(self.root, keep, trace)
        faults = {"FAULTS_ROOT": str(self.root), "FAULTS_CONTROL": str(self.control.path)}
        return faults | {"FAULTS_KEEP": str(keep), "FAULTS_TRACE": str(trace)}

    def run_traced(self, *arguments: str) -> None:
        """A command that must succeed, and after which `cut` may follow."""
        run = subprocess.run([BINARY, *map(str, arguments)], env=environment(self._traced()), capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr

    def open(self, preload: bool = True) -> Server:
        """Starts a server that must start, and compares what it serves."""
        server = self.start(preload=preload)
        if server.address is None:
            code = server.wait()
            self.fail("lost", f"the store is not opened again (exit {code}): {server.log()[-600:]}")
        self.compare()
        return server

    def cut(self, way: str | None = None) -> None:
        """After the process has ended: takes away what was not yet on disk."""
        way = way or self.rng.choice(WAYS)
        target = self.folder / "after"
        self._disk.cut(way, self.rng, target)
        shutil.rmtree(self.root)
        target.rename(self.root)

    def close(self) -> None:
        if self.server is not None:
            self.server.kill()

    def fail(self, what: str, note: str) -> None:
        setattr(self.findings, what, getattr(self.findings, what) + 1)
        self.findings.notes.append(note)
        raise Broken(note)

    # Writing.

    @contextlib.contextmanager
    def load(self, clients=None, most: int | None = None):
        """Clients that write until the block ends; what they wait for then must end by itself."""
        stop = threading.Event()
        address = self.server.address
        threads = [threading.Thread(target=client.run, args=(address, stop, most)) for client in clients or self.clients]
        for thread in threads:
            thread.start()
        try:
            yield threads
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    # Comparing.

    def compare(self, again: bool = True) -> None:
        """The whole content with the journal. `again`: also sends requests a second time, those in doubt among
        them, where their ids are kept."""
        try:
            with workload.connect(self.server.address) as client:
                if self.revision is None:
                    self._make_shared(client)
                found, revisions = workload.read_all(client)
                self._compare(found, revisions)
                self._mirror(client, found)
                if again and not self.retention and not self._collect():
                    self._send_again(client)
            self._backup_stands()
        except lianjie.LianjieError as error:
            self.server.wait(1)
            self.fail("lost", f"reading failed: {error}; {self.server.log()[-600:]}")
        if self._collect():
            raise Broken("; ".join(self.findings.notes))

    def _make_shared(self, client) -> None:
        if not any(graph["name"] == workload.SHARED for graph in client.graphs()):
            client.create_graph(workload.SHARED)
        self.revision = 0

    def _compare(self, found: dict[str, State], revisions: dict[str, int]) -> None:
        shared = found.pop(workload.SHARED, {})
        shared.pop((workload.SHARED, "graph", ""), None)
        self._in_doubt: dict[str, list] = {}
        applied = 0
        for writer in self.writers:
            mine = {key: value for key, value in shared.items() if key[2].startswith(f"{writer.stream.name}:")}
            for key in mine:
                del shared[key]
            applied += self._compare_stream(writer.stream, mine)
        if shared:
            self.findings.wrong += 1
            self.findings.notes.append(f"elements that nobody sent: {sorted(shared)[:3]}")
        self._compare_stream(self.operator.stream, {key: value for state in found.values() for key, value in state.items()})
        expected = self.revision + applied + sum(writer.stream.commits for writer in self.writers)
        actual = revisions.get(workload.SHARED, 0)
        bad = any(client.stream.findings.bad() for client in self.clients)
        if actual != expected and not bad:
            what = "lost" if actual < expected else "wrong"
            setattr(self.findings, what, getattr(self.findings, what) + 1)
            self.findings.notes.append(f"the shared graph is at revision {actual}, and should be at {expected}")
        self.revision = actual
        for writer in self.writers:
            writer.stream.commits = 0

    def _compare_stream(self, stream: Stream, actual: State) -> int:
        doubt = list(stream.doubt)
        applied = stream.compare(actual)
        self._in_doubt[stream.name] = [(operation, operation in applied) for operation in doubt]
        return len(applied)

    def _mirror(self, client, found: dict[str, State]) -> None:
        """In-links tell the same as out-links, for some nodes."""
        for writer in self.writers:
            nodes = sorted(key[2] for key in writer.stream.state if key[1] == "node")
            for node in self.rng.sample(nodes, min(3, len(nodes))):
                group, index = node.rsplit(":n", 1)
                link = f"{group}:l{index}"
                expected = [link] if (workload.SHARED, "link", link) in writer.stream.state else []
                told = [row["id"] for row in client.list_links(target=node)]
                if told != expected:
                    self.findings.half += 1
                    self.findings.notes.append(f"links to {node}: {told}, and of all links: {expected}")

    def _backup_stands(self) -> None:
        """The last backup that was acknowledged is there, and whole."""
        id = self.operator.backup
        if id is None or self._verified == (id, self._starts):
            return
        self._verified = id, self._starts
        verify = [BINARY, "backup", "verify", id, "--folder", self.operator.folder]
        ended = subprocess.run(verify, capture_output=True, text=True, check=False, timeout=120)
        if ended.returncode != 0:
            self.findings.lost += 1
            self.findings.notes.append(f"backup {id}, which was acknowledged: exit {ended.returncode}: {ended.stderr[-400:]}")

    def _send_again(self, client) -> None:
        for each in self.clients:
            stream = each.stream
            each.again(client)
            for operation, was_applied in self._in_doubt[stream.name]:
                if not operation.request_id:
                    continue
                operation.revision, replayed = operation.send(client)
                if replayed != was_applied:
                    stream.findings.half += 1
                    stream.findings.notes.append(f"{stream.name}: {operation.text}: applied {was_applied}, replayed {replayed}")
                elif not was_applied:
                    stream.acknowledge(operation)
                else:
                    stream.last = operation

    def _collect(self) -> bool:
        """Moves what the streams have found to the chain; whether anything is bad."""
        for client in self.clients:
            found = client.stream.findings
            found.notes[MOST_NOTES:] = [f"and {len(found.notes) - MOST_NOTES} more"] if len(found.notes) > MOST_NOTES else []
            self.findings.add(found)
            client.stream.findings = Findings()
        return self.findings.bad()

    def finish(self) -> None:
        """The last look: all is there, also after an orderly stop, and the store's own check finds nothing."""
        self.control.disarm()
        self.open()
        code = self.server.stop()
        if code != 0:
            self.fail("lost", f"an orderly stop ends with {code}: {self.server.log()[-600:]}")
        check(self)
        if self.rng.random() < 0.3:
            self.open(preload=False)
            self.server.kill()


def check(chain: Chain) -> None:
    """`lianjie check`, where the binary has it."""
    if "check" not in _commands():
        return
    ended = subprocess.run([BINARY, "check", "--data", chain.store], capture_output=True, text=True, check=False, timeout=120)
    if ended.returncode != 0:
        chain.fail("half", f"lianjie check: exit {ended.returncode}\n{ended.stdout[-400:]}{ended.stderr[-400:]}")


def _commands() -> set[str]:
    if not hasattr(_commands, "found"):
        text = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=False).stdout
        _commands.found = {line.split()[0] for line in text.splitlines() if line.startswith("  ") and line.split()}
    return _commands.found


def pause(seconds: float, server: Server) -> None:
    """Sleeps, but no longer than the server lives."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.alive():
        time.sleep(min(0.005, seconds))
