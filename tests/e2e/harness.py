"""Starts the real binary: commands that end, and a server that is stopped by its own process id.

The binary's path comes from the environment variable LIANJIE, else it is the release build's.
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
import pathlib
import signal
import subprocess
import time

import lianjie
import pandas as pd

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("LIANJIE", ROOT / "build/release/bin/lianjie")).resolve()
DATA = pathlib.Path(__file__).resolve().parent / "data"
# An environment without settings of the machine's owner.
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("LIANJIE_")} | {"HOME": "/nonexistent"}

DONE, FAILURE, USAGE, NOT_FOUND, BAD_DATA, UNAVAILABLE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


@dataclasses.dataclass(frozen=True)
class Ended:
    """A command that ended."""

    code: int
    out: bytes
    err: str

    def json(self):
        """The document on stdout; NaN and Infinity are no JSON and fail here."""

        def refuse(name):
            raise AssertionError(f"{name} on stdout")

        return json.loads(self.out, parse_constant=refuse)

    def csv(self, **options) -> pd.DataFrame:
        return pd.read_csv(io.BytesIO(self.out), **options)


def call(*arguments, cwd=None, timeout: float = 240, environment: dict[str, str] | None = None) -> Ended:
    """Runs `lianjie ARGUMENTS...` to its end."""
    run = subprocess.run(
        [BINARY, *map(str, arguments)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        timeout=timeout,
        env=ENVIRONMENT | (environment or {}),
        check=False,
    )
    return Ended(run.returncode, run.stdout, run.stderr.decode(errors="replace"))


def ok(*arguments, **options) -> Ended:
    """As call, and the command must succeed."""
    ended = call(*arguments, **options)
    assert ended.code == DONE, f"lianjie {' '.join(map(str, arguments))}: exit {ended.code}\n{ended.err}"
    return ended


def load(store: pathlib.Path, folder: pathlib.Path, *more) -> Ended:
    """Imports the tables of a folder (nodes, links and, where there, regions and lines) into a store."""
    arguments = ["import", "--data", store]
    for name in ("regions", "lines", "nodes", "links"):
        if (folder / f"{name}.csv").exists():
            arguments += [f"--{name}", folder / f"{name}.csv"]
    return ok(*arguments, *more)


def rows(document) -> pd.DataFrame:
    """The table of a JSON answer."""
    return pd.DataFrame(document["rows"], columns=document["columns"])


class Server:
    """A server on a port of the system's choice."""

    def __init__(self, store: pathlib.Path, *more):
        self.store = store
        self._errors = open(store.parent / f"{store.name}.log", "w+b")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", str(store), "--listen", "127.0.0.1:0", *map(str, more)],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            stdin=subprocess.DEVNULL,
            env=ENVIRONMENT,
            text=True,
        )
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            self.stop()
            raise AssertionError(f"serve printed {line!r} first\n{self.log()}")
        self.address = line.removeprefix("listening on ").strip()

    @property
    def pid(self) -> int:
        return self.process.pid

    def log(self) -> str:
        return pathlib.Path(self._errors.name).read_text(errors="replace")

    def client(self, graph: str = "default", **options) -> lianjie.Client:
        return lianjie.connect(self.address, graph, progress=False, timeout=options.pop("timeout", 120), **options)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *unused) -> None:
        self.stop()

    def stop(self) -> int:
        """Ends the process by its own id, if it has not ended yet; gives its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.stdout.close()
        self._errors.close()
        return self.process.wait()

    def kill(self) -> None:
        """Ends the process without a chance to do anything more."""
        self.process.kill()
        self.process.wait()
        self.stop()

    def wait_for_quiet(self) -> None:
        """Until nothing is done any more: what a load leaves to tidy up in the background is no part of what follows."""

        def quiet() -> bool:
            before = self.cpu_seconds()
            time.sleep(0.2)
            return self.cpu_seconds() - before < 0.01

        assert wait_until(quiet, 60), "the server does not come to rest"

    def cpu_seconds(self) -> float:
        """Processor time that all threads of the process have taken so far, finer than the clock tick where the kernel
        tells (schedstat), else in ticks."""
        total = 0
        try:
            for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0])
            return total / 1e9
        except (OSError, ValueError):
            fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until(condition, seconds: float = 10.0, step: float = 0.005) -> bool:
    """Whether the condition came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(step)
    return False
