"""What a power cut leaves of a folder. The preloaded library has written down every call that changed a file or a name; here
they are gone through again, and each is on disk for certain, or may be.

For certain is what POSIX promises: bytes of a file after a sync of that file that began later, a name after a sync of its
folder that began later. What is not for certain is decided by a way of going wrong:

STRICT   all of it is gone: the worst that POSIX allows
ORDERED  names and writes go to disk in their order, as in a journal, and any sync takes earlier names along; it is cut
         anywhere, the last write also in its middle
RANDOM   each of them is there or gone by itself: pages and names that were written in any order, with holes of zeros
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import random

STRICT, ORDERED, RANDOM = "strict", "ordered", "random"
FOLDER = 0


@dataclasses.dataclass
class Name:
    """A change of names: those that go, those that come with their inodes."""

    line: int
    gone: list[str]
    made: dict[str, int]
    certain: bool = False

    def folders(self) -> set[str]:
        return {os.path.dirname(path) for path in [*self.gone, *self.made]}


@dataclasses.dataclass
class Write:
    """A change of bytes: [begin, end), of which [begin, begin + len(old)) were there before. A truncation has no bytes of its
    own and brings `old` back when it is undone."""

    line: int
    begin: int
    end: int
    old: bytes
    certain: bool = False
    lost: bool = False


def _inodes(folder: pathlib.Path) -> tuple[dict[str, int], dict[int, pathlib.Path], dict[int, str]]:
    """Of all below a folder: names (folders as FOLDER), files by inode, folders by inode."""
    names: dict[str, int] = {}
    files: dict[int, pathlib.Path] = {}
    folders = {folder.stat().st_ino: ""}
    for path in folder.rglob("*"):
        name, inode = str(path.relative_to(folder)), path.stat().st_ino
        if path.is_dir():
            names[name] = FOLDER
            folders[inode] = name
        else:
            names[name] = inode
            files[inode] = path
    return names, files, folders


class Disk:
    """The folder `root` from now on, when all of it is on disk. `keep` and `trace` are the library's."""

    def __init__(self, root: pathlib.Path, keep: pathlib.Path, trace: pathlib.Path):
        self.root, self.keep, self.trace = root, keep, trace
        self._names, files, self._folders = _inodes(root)
        self._sizes = {inode: path.stat().st_size for inode, path in files.items()}

    def cut(self, way: str, rng: random.Random, target: pathlib.Path) -> None:
        """Makes `target` what the folder is after a power cut now; the process must have ended."""
        _, files, folders = _inodes(self.root)
        for path in self.keep.iterdir():
            files.setdefault(int(path.name), path)
        names, writes = self._read(self._folders | folders, way)
        there = dict(self._names)
        for change in _survivors(names, way, rng):
            moved: dict[str, int] = {}
            made = dict(change.made)
            for path in change.gone:
                for below in [name for name in there if name == path or name.startswith(path + "/")]:
                    inode = there.pop(below)
                    for new in made:  # a folder takes along what is in it
                        moved[new + below[len(path) :]] = FOLDER if inode == FOLDER else made.get(new + below[len(path) :], inode)
            there.update(made | moved)
        target.mkdir()
        for name, inode in sorted(there.items()):
            path = target / name
            if not path.parent.is_dir():
                continue  # the folder that it lay in is not there
            if inode == FOLDER:
                path.mkdir()
            elif inode in files:
                path.write_bytes(_content(files[inode], self._sizes.get(inode, 0), writes.get(inode, []), way, rng))

    def _read(self, folders: dict[int, str], way: str) -> tuple[list[Name], dict[int, list[Write]]]:
        names: list[Name] = []
        writes: dict[int, list[Write]] = {}
        lines = self.trace.read_text().splitlines()
        renames = [(number, *line.split()[1:3]) for number, line in enumerate(lines) if line.startswith("rename ")]

        def path_at(name: str | None, line: int) -> str | None:
            """What a folder was called at a line, by its last name."""
            for number, old, new in reversed(renames):
                if name is not None and number > line and (name == new or name.startswith(new + "/")):
                    name = old + name[len(new) :]
            return name

        for number, line in enumerate(lines):
            verb, *rest = line.split()
            if verb == "create":
                names.append(Name(number, [], {rest[0]: int(rest[1])}))
            elif verb == "mkdir":
                names.append(Name(number, [], {rest[0]: FOLDER}))
            elif verb == "unlink":
                names.append(Name(number, [rest[0]], {}))
            elif verb == "rename":
                names.append(Name(number, [rest[0]], {rest[1]: int(rest[2])}))
            elif verb == "write":
                inode, begin, length, size = map(int, rest[:4])
                old = b"" if rest[4] == "-" else bytes.fromhex(rest[4])
                assert begin >= size or len(old) == min(length, size - begin), line
                writes.setdefault(inode, []).append(Write(number, begin, begin + length, old))
            elif verb == "truncate":
                inode, begin, size = map(int, rest[:3])
                old = b"" if len(rest) < 4 or rest[3] == "-" else bytes.fromhex(rest[3])
                assert begin >= size or len(old) == size - begin, line
                writes.setdefault(inode, []).append(Write(number, begin, begin, old))
            else:
                inode, before = map(int, rest)
                _settle(verb, before, writes.get(inode, []))
                if verb == "sync":
                    for change in names:
                        if change.line < before and (way == ORDERED or path_at(folders.get(inode), change.line) in change.folders()):
                            change.certain = True
        return names, writes


def _settle(verb: str, before: int, writes: list[Write]) -> None:
    """A sync makes earlier writes certain; one that failed has lost them, and no later one brings them back."""
    for write in writes:
        if write.line < before and not write.certain:
            write.lost = write.lost or verb == "lost"
            write.certain = not write.lost


def _survivors(changes: list, way: str, rng: random.Random) -> list:
    open_ones = [change for change in changes if not change.certain]
    if way == STRICT:
        kept = []
    elif way == ORDERED:
        kept = open_ones[: rng.randint(0, len(open_ones))]
    else:
        kept = [change for change in open_ones if rng.random() < 0.5]
    chosen = {id(change) for change in kept}
    return [change for change in changes if change.certain or id(change) in chosen]


def _content(path: pathlib.Path, size: int, writes: list[Write], way: str, rng: random.Random) -> bytes:
    """A file's bytes, of which `size` were there at first."""
    data = bytearray(path.read_bytes())
    kept = {id(write) for write in _survivors(writes, way, rng)}
    torn = next((write for write in writes if id(write) not in kept), None) if way != STRICT and rng.random() < 0.7 else None
    for write in writes:
        if id(write) in kept:
            size = max(size, write.end) if write.end > write.begin or not write.old else write.begin
    for write in reversed(writes):
        if id(write) in kept:
            continue
        begin = write.begin
        if write is torn and write.end > write.begin:
            begin += rng.randint(0, write.end - write.begin)
            size = max(size, begin)
        old = write.old[begin - write.begin :]
        data.extend(bytes(max(0, write.end - len(data), begin + len(old) - len(data))))
        data[begin : max(write.end, begin + len(old))] = old + bytes(max(0, write.end - begin - len(old)))
        if write.begin == write.end:  # a truncation that did not last
            size = max(size, begin + len(old))
    return bytes(data[:size])
