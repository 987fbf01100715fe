"""The systems that are compared, each a process that loads a graph once and then runs what it is asked to (worker.h has the lines)."""

import dataclasses
import os
import pathlib
import selectors
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ENGINE = "Lianjie"


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    module: str  # of `peers`; empty: a program
    package: str = ""  # of pip
    small_only: bool = False
    flows: bool = False  # solves linear systems

    def takes(self, recipe_small: bool, form: str) -> bool:
        return (recipe_small or not self.small_only) and (form != "flow" or self.flows)


PEERS = {
    peer.name: peer
    for peer in (
        Peer("NetworKit", "networkit_peer", "networkit"),
        Peer("igraph", "igraph_peer", "igraph"),
        Peer("Boost.Graph", ""),
        Peer("SciPy", "scipy_peer", "scipy", flows=True),
        Peer("NetworkX", "networkx_peer", "networkx", small_only=True),
        Peer("Ladybug", "ladybug_peer", "ladybug"),
    )
}


class Over(Exception):
    """It took longer than it may."""


@dataclasses.dataclass
class Answer:
    status: str  # ok, none, error
    values: dict[str, float]
    text: str = ""

    @property
    def seconds(self) -> float:
        return self.values["seconds"]


class System:
    """One process. Ends by itself when the driver does, since its input ends then."""

    def __init__(self, name: str, command: list, folder: pathlib.Path, threads: int):
        self.name, self.command, self.folder, self.threads = name, [str(word) for word in command], folder, threads
        self.process: subprocess.Popen | None = None
        self.kernels: list[str] = []  # that it has, of the graph that it was given last

    def _start(self) -> None:
        number = str(self.threads)
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        environment = os.environ | dict.fromkeys(names, number) | {"PYTHONPATH": str(HERE), "PYTHONHASHSEED": "0"}
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=open(self.folder / f"{self.name}.log", "ab"),
            cwd=self.folder,
            env=environment,
        )

    def _ask(self, line: str, limit: float) -> Answer:
        """The answer to a line; Over, and the process is gone, when it does not come in time."""
        process = self.process
        try:
            process.stdin.write((line + "\n").encode())
            process.stdin.flush()
        except BrokenPipeError:
            self.stop()
            return Answer("error", {}, "the process ended")
        end, text = time.monotonic() + limit, b""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not text.endswith(b"\n"):
                if not selector.select(max(0.0, end - time.monotonic())):
                    self.stop()
                    raise Over
                part = os.read(process.stdout.fileno(), 1 << 16)
                if not part:
                    self.stop()
                    return Answer("error", {}, "the process ended")
                text += part
        status, _, rest = text.decode().strip().partition(" ")
        if status != "ok":
            return Answer(status, {}, rest)
        return Answer("ok", {key: float(value) for key, value in (word.split("=") for word in rest.split())})

    def load(self, path: pathlib.Path, limit: float) -> Answer:
        self.stop()
        self._start()
        answer = self._ask(f"load {path}", limit)
        if answer.status == "ok":
            self.kernels = self._ask("list", limit).text.split()
        return answer

    def run(self, kernel: str, out: pathlib.Path, options: str, limit: float) -> Answer:
        return self._ask(f"run {kernel} {out} {options}", limit)

    @property
    def loaded(self) -> bool:
        return self.process is not None

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()
            self.process = None


def peer_system(peer: Peer, binaries: pathlib.Path, folder: pathlib.Path, threads: int) -> System:
    if not peer.module:
        return System(peer.name, [binaries / "compare_boost"], folder, threads)
    return System(peer.name, [sys.executable, HERE / "worker.py", peer.module, threads], folder, threads)


def engine_system(binaries: pathlib.Path, folder: pathlib.Path, threads: int, name: str = ENGINE) -> System:
    return System(name, [binaries / "compare_engine", threads], folder, threads)
