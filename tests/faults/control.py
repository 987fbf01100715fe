"""The block of numbers that the preloaded library shares with the driver; preload.cc has the same layout. It may be changed
while the server runs, so that one process serves many faults."""

from __future__ import annotations

import mmap
import pathlib
import struct

FIELDS = (
    "calls", "kill_at", "kill_where", "syncs", "fail_sync", "writes", "fail_write", "fail_error", "fail_rest", "lie", "space", "delay",
    "only", "fired",
)  # fmt: skip
NOTE_BYTES = 256
BYTES = 8 * len(FIELDS) + NOTE_BYTES
UNLIMITED = 2**64 - 1
BEFORE, AFTER, HALF = 0, 1, 2  # kill_where


class Control:
    """Numbers by name: control.kill_at = control.calls + 7."""

    def __init__(self, path: pathlib.Path):
        path.write_bytes(bytes(BYTES))
        object.__setattr__(self, "path", path)
        with open(path, "r+b") as file:
            object.__setattr__(self, "_map", mmap.mmap(file.fileno(), BYTES))
        self.space = UNLIMITED

    def __getattr__(self, name: str) -> int:
        return struct.unpack_from("=Q", self._map, 8 * FIELDS.index(name))[0]

    def __setattr__(self, name: str, value: int) -> None:
        struct.pack_into("=Q", self._map, 8 * FIELDS.index(name), value)

    @property
    def note(self) -> str:
        """The call of the first fault and the inode of its file."""
        return bytes(self._map[8 * len(FIELDS) :]).split(b"\0")[0].decode()

    def disarm(self) -> None:
        """No fault from now on; counts stay."""
        for name in ("kill_at", "kill_where", "fail_sync", "fail_write", "fail_error", "fail_rest", "lie", "delay", "only", "fired"):
            setattr(self, name, 0)
        self.space = UNLIMITED
