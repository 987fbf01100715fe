"""The binary at work, with what it takes: commands that end, and a server that is stopped by its own process id."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import threading
import time

STEP = 0.02  # seconds between two looks at a process' memory
KINDS = ("VmRSS", "VmHWM", "RssAnon", "RssFile")


def memory(pid: int) -> dict[str, int]:
    """Bytes that a process holds: all, the most it ever held, its own (anonymous), and of files that it has mapped."""
    found = dict.fromkeys(KINDS, 0)
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name in found:
                found[name] = int(value.split()[0]) << 10
    except (OSError, ValueError):
        pass  # it has ended
    return found


class MemoryWatch:
    """The most memory that a process held while this was open."""

    def __init__(self, pid: int):
        self.pid = pid
        self.peak = memory(pid)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._done.wait(STEP):
            for name, value in memory(self.pid).items():
                self.peak[name] = max(self.peak[name], value)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._done.set()
        self._thread.join()


class Failed(Exception):
    """A step that did not go."""


class Done:
    """A command that has ended well; Failed otherwise."""

    def __init__(self, command: list):
        words = [str(word) for word in command]
        begin = time.perf_counter()
        with subprocess.Popen(words, stdout=subprocess.PIPE) as process, MemoryWatch(process.pid) as watch:
            self.out = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = time.perf_counter() - begin
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        self.peak = watch.peak | {"VmRSS": watch.peak["VmHWM"]}
        if process.returncode != 0:
            raise Failed(f"{' '.join(words[:3])} ... ended with {process.returncode}")


class Server:
    """`lianjie serve` over a store, timed from its start."""

    def __init__(self, binary: str, store: pathlib.Path):
        self.begin = time.perf_counter()
        self.process = subprocess.Popen(
            [binary, "serve", "--data", str(store), "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True
        )
        self.watch = MemoryWatch(self.process.pid)
        self.watch.__enter__()
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            self.stop()
            raise Failed(f"serve printed {line!r} first")
        self.address = line.removeprefix("listening on ").strip()

    @property
    def pid(self) -> int:
        return self.process.pid

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *unused: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the process by its own id; it saves its Snapshot first."""
        self.watch.__exit__()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(600)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()

    def cpu_seconds(self) -> float:
        """Processor time of all its threads so far."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text(encoding="utf-8").split()[0])
            except OSError:
                pass  # the thread has ended
        return total / 1e9


def size_of(folder: pathlib.Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
