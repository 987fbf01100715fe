"""The kinds of fault. Each function takes a chain through a number of faults of its kind."""

from __future__ import annotations

import errno
import subprocess

import workload
from chain import Broken, Chain, pause
from control import AFTER, BEFORE, HALF

MiB = 1 << 20


def kills(chain: Chain, faults: int) -> None:
    """kill -9 at any moment: of the start, or while all clients write."""
    for _ in range(faults):
        if chain.rng.random() < 0.15:
            server = chain.start(wait=False, preload=False)
            pause(chain.rng.uniform(0, 0.12), server)
        else:
            server = chain.open(preload=False)
            with chain.load():
                pause(chain.rng.uniform(0.01, 0.4), server)
                server.kill()
        server.kill()
        chain.findings.tried += 1
    chain.finish()


class _Points:
    """Chooses the call at which the process dies: any of those that a phase makes, as counted in earlier rounds."""

    def __init__(self, chain: Chain):
        self.chain = chain
        self.calls = {"start": 60, "stop": 40}

    def arm(self, most: int) -> None:
        control = self.chain.control
        control.kill_where = self.chain.rng.choice([BEFORE, AFTER, HALF])
        control.kill_at = control.calls + self.chain.rng.randint(1, most)

    def round(self) -> bool:
        """Goes through a server's life until it is killed in the chosen phase; False when the phase was over before."""
        chain, control = self.chain, self.chain.control
        control.disarm()
        phase = chain.rng.choices(["start", "load", "operator", "stop"], [2, 4, 3, 2])[0]
        before = control.calls
        if phase == "start":
            self.arm(self.calls["start"])
            if chain.start().address is None:
                return self._killed()
            # It listens, and works on in the background: the chosen call may have been made since.
            at = control.kill_at
            control.disarm()
            if control.calls >= at and chain.server.wait(2) is not None:
                return self._killed()
            chain.compare()
        else:
            chain.open()
        self.calls["start"] = max(10, control.calls - before)
        if phase == "load":
            self.arm(400)
            with chain.load():
                pause(2, chain.server)
        elif phase == "operator":
            self.arm(80)
            with chain.load([chain.operator]):
                pause(2, chain.server)
        else:
            with chain.load():
                pause(chain.rng.uniform(0.05, 0.2), chain.server)
        if phase == "stop":
            before = control.calls
            self.arm(self.calls["stop"])
            code = chain.server.stop()
            self.calls["stop"] = max(5, control.calls - before)
            return code == -9 and self._killed()
        return not chain.server.alive() and self._killed()

    def _killed(self) -> bool:
        code = self.chain.server.wait()
        if code != -9:
            self.chain.fail("lost", f"exit {code} without a fault: {self.chain.server.log()[-600:]}")
        return True


def kill_points(chain: Chain, faults: int) -> None:
    """The process dies right before, right after, or half-way through a chosen call that changes the disk."""
    points = _Points(chain)
    while chain.findings.tried < faults:
        chain.findings.tried += points.round()
        chain.server.kill()
    chain.finish()


def power_cuts(chain: Chain, faults: int) -> None:
    """Killed at a random moment or a chosen call, and all that was not yet on disk is gone."""
    points = _Points(chain)
    while chain.findings.tried < faults:
        if chain.rng.random() < 0.5:
            points.round()
        else:
            chain.control.disarm()
            server = chain.open()
            chain.control.delay = chain.rng.choice([0, 0, 2000, 20000])  # wider gaps between a write and its sync
            with chain.load():
                pause(chain.rng.uniform(0.01, 0.3), server)
                server.kill()
        chain.server.kill()
        chain.cut()
        chain.findings.tried += 1
    chain.finish()


def failed_syncs(chain: Chain, faults: int) -> None:
    """A sync (or a write) fails, the pages are lost, and then the power goes. The server must end at once, with a message."""
    chain.operator.folder = None  # a backup's disk may fail without the store's
    while chain.findings.tried < faults:
        control = chain.control
        control.disarm()
        server = chain.open()
        control.fail_error = errno.EIO
        control.fail_rest = chain.rng.choice([0, 1])
        # Any file, or the one that is written least often.
        manifests = sorted(chain.store.glob("rocksdb/MANIFEST-*"))
        control.only = chain.rng.choice([0, 0, manifests[-1].stat().st_ino])
        most = 4 if control.only else 150
        if chain.rng.random() < 0.6:
            control.fail_sync = control.syncs + chain.rng.randint(1, most)
        else:
            control.fail_write = control.writes + chain.rng.randint(1, most)
        with chain.load(chain.rng.choice([chain.clients, chain.clients, [chain.operator]])):
            pause(3, server)
            fired = control.fired
            code = server.wait(5) if fired else None
            server.kill()
        if fired:
            _must_have_ended(chain, code, f"a failed {control.note}")
            chain.findings.tried += 1
            chain.findings.detected += 1
        chain.cut()
    chain.finish()


def _must_have_ended(chain: Chain, code: int | None, fault: str) -> None:
    log = chain.server.log()
    if code is None:
        chain.fail("wrong", f"the server goes on after {fault}: {log[-600:]}")
    if code <= 0 or "the store failed" not in log:
        chain.fail("wrong", f"the server ends without a clear message after {fault} (exit {code}): {log[-600:]}")


class _Space:
    """How much may be written: a small tmpfs of the chain's own, or, where mounting is not permitted, the library's count."""

    def __init__(self, chain: Chain):
        self.chain = chain
        self.mounted = not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", chain.root], capture_output=True, check=False
        ).returncode

    def leave(self, free: int | None) -> None:
        """So many bytes are free from now on; None: enough."""
        ballast = self.chain.root / "ballast"
        if not self.mounted:
            self.chain.control.disarm()
            if free is not None:
                self.chain.control.space = free
            return
        ballast.unlink(missing_ok=True)
        if free is not None:
            with open(ballast, "wb") as file:
                stats = _free(self.chain.root)
                file.write(bytes(max(0, stats - free)))

    def end(self) -> None:
        if self.mounted:
            subprocess.run(["umount", self.chain.root], capture_output=True, check=False)


def _free(folder) -> int:
    import os

    stats = os.statvfs(folder)
    return stats.f_bavail * stats.f_frsize


def full_disks(chain: Chain, faults: int) -> None:
    """Odd rounds: the floor refuses writes while reads go on. Even ones: there is no floor, and the disk is really full."""
    space = _Space(chain)
    chain.operator.folder = None  # what is free is counted to the byte
    try:
        for turn in range(faults):
            space.leave(None)
            if turn % 2:
                _floor(chain, space)
            else:
                _no_floor(chain, space)
            chain.findings.tried += 1
        space.leave(None)
        chain.floor = "0"
        chain.finish()
    finally:
        chain.close()
        space.end()


def _floor(chain: Chain, space: _Space) -> None:
    chain.floor = "8M"
    server = chain.open()
    space.leave(8 * MiB + chain.rng.randint(0, MiB))
    before = sum(client.stream.refusals.get("DISK_FULL", 0) for client in chain.clients)
    with chain.load():
        for _ in range(400):
            pause(0.02, server)
            refused = sum(client.stream.refusals.get("DISK_FULL", 0) for client in chain.clients) - before
            if refused >= 5 or not server.alive():
                break
    if not server.alive():
        chain.fail("wrong", f"the server ends above its floor: {server.log()[-600:]}")
    if refused == 0:
        chain.fail("wrong", "no write was refused below the floor")
    chain.findings.detected += 1
    chain.compare(again=False)  # reads go on
    space.leave(None)
    with chain.load(most=5):
        pause(0.3, server)
    chain.compare()  # and writes, once there is space
    chain.rng.choice([server.stop, server.kill])()


def _no_floor(chain: Chain, space: _Space) -> None:
    chain.floor = "0"
    server = chain.open()
    space.leave(chain.rng.choice([16 << 10, 200 << 10, MiB, 3 * MiB]))
    with chain.load():
        pause(6, server)
        code = server.wait(0)
        server.kill()
    if code is not None:
        _must_have_ended(chain, code, "a full disk")
        chain.findings.detected += 1
    # A start on the full disk serves, or says why not.
    server = chain.start()
    if server.address is None:
        code = server.wait()
        if code is None or code <= 0 or "error: " not in server.log() and "lianjie: " not in server.log():
            chain.fail("wrong", f"a start on a full disk ends with {code}: {server.log()[-600:]}")
    server.kill()


def lies(chain: Chain, faults: int) -> None:
    """No fault of the store but of the disk: syncs do nothing and say that they did. What is lost then must show; a campaign
    that does not see it sees nothing."""
    for _ in range(faults):
        chain.control.disarm()
        server = chain.open()
        with chain.load():
            pause(0.3, server)
            chain.control.lie = 1
            pause(0.3, server)
            server.kill()
        chain.cut()
        chain.findings.tried += 1
    chain.finish()


__all__ = ["Broken", "failed_syncs", "full_disks", "kill_points", "kills", "lies", "power_cuts", "workload"]
