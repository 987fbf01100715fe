"""The real server as a process that may end at any moment."""

from __future__ import annotations

import os
import pathlib
import select
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("LIANJIE_BUILD_DIR", ROOT / "build/release")).resolve()
BINARY = pathlib.Path(os.environ.get("LIANJIE", BUILD / "bin/lianjie")).resolve()
PRELOAD = BUILD / "tests/libfaults_preload.so"
_ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("LIANJIE_")} | {"HOME": "/nonexistent"}
START_SECONDS = 60


def environment(faults: dict[str, str] | None) -> dict[str, str]:
    """Of a process, with the library's settings where it is to be loaded."""
    return _ENVIRONMENT | ({"LD_PRELOAD": str(PRELOAD), **faults} if faults else {})


class Server:
    """`lianjie serve` over a store. `address` is None when it ended before it listened, or was not waited for."""

    def __init__(self, store: pathlib.Path, log: pathlib.Path, *flags: str, faults: dict[str, str] | None = None, wait: bool = True):
        self.log_path = log
        with open(log, "wb") as errors:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--data", str(store), "--listen", "127.0.0.1:0", *flags],
                stdout=subprocess.PIPE,
                stderr=errors,
                stdin=subprocess.DEVNULL,
                env=environment(faults),
            )
        self.address = self._address() if wait else None

    def _address(self) -> str | None:
        ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        line = self.process.stdout.readline().decode() if ready else ""
        if line.startswith("listening on "):
            return line.removeprefix("listening on ").strip()
        self.kill() if not ready else self.wait()
        return None

    def log(self) -> str:
        return self.log_path.read_text(errors="replace").strip()

    def alive(self) -> bool:
        return self.process.poll() is None

    def wait(self, seconds: float = START_SECONDS) -> int | None:
        """The exit code (below 0: a signal); None when it did not end in time."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.002)
        return self.process.poll()

    def kill(self) -> None:
        if self.alive():
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self, seconds: float = 30) -> int | None:
        """Asks it to end, and sees to it; its exit code, None when it had to be killed."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        code = self.wait(seconds)
        self.kill()
        return code
