"""A Python library as one of the systems that are compared: worker.py PEER THREADS, then lines as worker.h has them.

A peer is a module of `peers` with a function `kernels(graph, threads)`, which takes the graph into the library's own structure and
answers with a function a kernel, by name. Each of these takes the options of a run and gives an Outcome; only the library's
own work is timed, not the copying of its answer into an array.
"""

import ctypes
import gc
import importlib
import os
import sys
import time

import numpy as np
from graph_file import read_graph


class Options(dict):
    def number(self, name: str) -> float:
        return float(self[name])

    def whole(self, name: str) -> int:
        return int(self[name])

    def vertices(self, name: str) -> list[int]:
        return [int(item) for item in self[name].split(",")]


def resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class Worker:
    def __init__(self, peer: str, threads: int):
        self.peer, self.threads, self.kernels = importlib.import_module(f"peers.{peer}"), threads, {}

    def load(self, path: str) -> str:
        before, begin = resident_bytes(), time.perf_counter()
        self.kernels = self.peer.kernels(read_graph(path), self.threads)
        seconds = time.perf_counter() - begin
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)  # what was needed on the way alone
        return f"ok seconds={seconds} rss_bytes={resident_bytes()} bytes_before={before}"

    def run(self, name: str, out: str, options: Options) -> str:
        kernel = self.kernels.get(name)
        if kernel is None:
            return "none"
        outcome = kernel(options)
        np.ascontiguousarray(outcome.result, dtype=np.float64).tofile(out)
        return " ".join([f"ok seconds={outcome.seconds}", *(f"{key}={value}" for key, value in outcome.values.items())])

    def answer(self, line: str) -> str:
        command, *words = line.split()
        if command == "load":
            return self.load(words[0])
        if command == "run":
            return self.run(words[0], words[1], Options(word.split("=", 1) for word in words[2:]))
        if command == "list":
            return " ".join(["names", *self.kernels])
        return f"error no such command: {command}"


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is no answer
    worker = Worker(sys.argv[1], int(sys.argv[2]))
    for line in sys.stdin:
        if line.strip() == "quit":
            break
        try:
            answer = worker.answer(line)
        except Exception as error:  # the driver reports it beside the kernel
            answer = f"error {type(error).__name__}: {error}".replace("\n", " ")
        print(answer, file=answers)
    answers.flush()
    os._exit(0)  # tearing down millions of objects would take as long as making them


if __name__ == "__main__":
    main()
