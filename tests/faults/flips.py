"""Damage to files that lie still: every class of file of a store that was stopped in order or killed, changed in many ways. What
follows is a clear message, or the whole content unchanged; never a crash, never other data."""

from __future__ import annotations

import dataclasses
import pathlib
import random
import shutil
import subprocess

import lianjie
import workload
from chain import Chain, pause
from journal import State
from process import BINARY

SECTOR = 512
BULK_NODES = 100_000  # the fewest of which a Snapshot is saved


WAYS = ("bit", "truncate", "delete", "byte", "sector", "grow", "empty")
PATTERNS = {
    "log": "rocksdb/*.log", "table": "rocksdb/*.sst", "manifest": "rocksdb/MANIFEST-*", "current": "rocksdb/CURRENT",
    "options": "rocksdb/OPTIONS-*", "identity": "rocksdb/IDENTITY", "format": "FORMAT", "witness": "WITNESS", "owner": "OWNER",
    "snapshot": "**/*.snapshot",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Damage:
    """What is done to which file."""

    name: str
    way: str
    file: pathlib.Path
    text: str


def turn(number: int) -> tuple[str, str]:
    """Class and way of the campaign's damage of this number: classes take turns, and each goes round the ways. The first of all is
    a log deleted; 80 are all there are."""
    index = number % len(PATTERNS)
    name = [*PATTERNS][index]
    ways = [*WAYS, *(("swap",) if name == "current" else ())]
    first = WAYS.index("delete") if name == "log" else index
    return name, ways[(first + number // len(PATTERNS)) % len(ways)]


def _offset(name: str, size: int, rng: random.Random) -> int:
    """Anywhere; in a table its end as often, where index, filter, properties and footer lie."""
    if name == "table" and rng.random() < 0.5:
        return max(0, size - rng.randint(1, 2500))
    return rng.randrange(size)


def damage(store: pathlib.Path, name: str, way: str, rng: random.Random) -> Damage:
    """Damages one file of the store, which has some of every class."""
    files = sorted(store.glob(PATTERNS[name]))
    file = max(files, key=lambda each: each.stat().st_size) if name == "log" else rng.choice(files)  # others hold nothing
    data = bytearray(file.read_bytes())
    if not data and way in ("bit", "byte", "truncate", "sector", "empty"):
        way = "grow"  # there is nothing else to do to it
    at = _offset(name, len(data), rng) if data else 0
    text = f"{way} at {at} of {len(data)} in {file.relative_to(store)}"
    if way == "swap":
        data, text = bytearray(b"MANIFEST-999999\n"), "CURRENT names a manifest that is not there"
    elif way == "bit":
        data[at] ^= 1 << rng.randrange(8)
    elif way == "byte":
        data[at] = (data[at] + rng.randint(1, 255)) % 256
    elif way == "truncate":
        del data[at:]
    elif way == "sector":
        begin = at // SECTOR * SECTOR
        end = min(len(data), begin + SECTOR)
        data[begin:end] = bytes(end - begin)
    elif way == "grow":
        data += rng.randbytes(rng.choice([1, 7, 4096]))
    elif way == "empty":
        data.clear()
    if way == "delete":
        file.unlink()
    else:
        file.write_bytes(bytes(data))
    return Damage(name, way, file, text)


def flips(chain: Chain, faults: int) -> None:
    """A store is filled and stopped (in even chains killed, so that its log is live); then copies of it are damaged."""
    base = _base(chain)
    expected = {key: value for client in chain.clients for key, value in client.stream.state.items()}
    expected[(workload.SHARED, "graph", "")] = f"{chain.revision} "
    for number in range(chain.first, chain.first + faults):
        shutil.rmtree(chain.store, ignore_errors=True)
        shutil.copytree(base, chain.store)
        done = damage(chain.store, *turn(number), chain.rng)
        found = chain.findings
        before = found.detected, found.harmless
        found.tried += 1
        _judge(chain, done, expected)
        chain.server.kill()
        outcome = "detected" if found.detected > before[0] else "harmless" if found.harmless > before[1] else "bad"
        found.classes.update([(done.name, "tried"), (done.name, outcome), (done.name, done.way)])


def _base(chain: Chain) -> pathlib.Path:
    """The undamaged store, with the journal settled on what it holds."""
    live = chain.number % 2 == 0
    _load_bulk(chain)
    for last in (False, True):
        server = chain.open(preload=False)
        # A load empties the log, and what is killed is to have something in it.
        with chain.load(chain.writers if last and live else None):
            pause(chain.rng.uniform(0.4, 0.8), server)
            while last and live and server.alive() and not any(writer.stream.commits for writer in chain.writers):
                pause(0.05, server)
        # Every request has its answer by now: damage could take one in doubt away, and rightly so.
        _see(server.address, live and last)
        server.kill() if last and live else server.stop()
    base = chain.folder / "base"
    shutil.copytree(chain.store, base)
    server = chain.start(preload=False)
    if server.address is None:
        chain.fail("lost", f"the store is not opened again: {server.log()[-600:]}")
    chain.compare(again=False)
    server.kill()
    return base


def _load_bulk(chain: Chain) -> None:
    """A graph that is large enough for its Snapshot to be saved."""
    nodes = chain.folder / "nodes.csv"
    nodes.write_text("\n".join(["id", *map(str, range(BULK_NODES))]))
    load = [BINARY, "import", "--data", chain.store, "--graph", workload.BULK, "--nodes", nodes]
    subprocess.run(load, check=True, capture_output=True, timeout=120)


def _see(address: str, gone: bool) -> None:
    """Analyses, so that there are Snapshots, and one that is saved."""
    if not gone:
        for graph in (workload.SHARED, workload.BULK):
            with workload.connect(address, graph) as client:
                client.run("degree")


def _judge(chain: Chain, done: Damage, expected: State) -> None:
    server = chain.start(preload=False)
    note = f"{done.text}: "
    if server.address is None:
        _detected(chain, note)
        return
    try:
        with workload.connect(server.address) as client:
            found, _ = workload.read_all(client)
            targets = _links_by_target(client, found.get(workload.SHARED, {}))
            degrees = client.run("degree").df if workload.SHARED in found else None
        with workload.connect(server.address, workload.BULK) as client:
            bulk = client.run("degree").df["score"]
    except lianjie.LianjieError as error:
        _told(chain, note, error)
        return
    actual = {key: value for state in found.values() for key, value in state.items()}
    links = {key[2] for key in actual if key[:2] == (workload.SHARED, "link")}
    nodes = sum(key[:2] == (workload.SHARED, "node") for key in actual)
    if actual != expected:
        differ = {key for key in actual.keys() | expected.keys() if actual.get(key) != expected.get(key)}
        chain.findings.lost += 1
        chain.findings.notes.append(f"{note}other data, {len(differ)} keys, as {sorted(differ)[:3]}; {server.log()}")
    elif targets != links or len(degrees) != nodes or degrees["score"].sum() != 2 * len(links):
        chain.findings.half += 1
        chain.findings.notes.append(f"{note}links by target, by source and in the analysis differ")
    elif len(bulk) != BULK_NODES or bulk.any():
        chain.findings.lost += 1
        chain.findings.notes.append(f"{note}{len(bulk)} nodes of {BULK_NODES} and {bulk.sum()} ends of links in the large graph")
    else:
        chain.findings.harmless += 1


def _links_by_target(client, shared: State) -> set[str]:
    nodes = [key[2] for key in shared if key[1] == "node"]
    return {row["id"] for node in nodes for row in client.list_links(target=node)}


def _told(chain: Chain, note: str, error: lianjie.LianjieError) -> None:
    """An answer that says that the store is damaged, or an end of the process that does."""
    chain.server.wait(2)
    if chain.server.alive():
        if error.reason == "STORE_CORRUPT" or error.code == "DATA_LOSS":
            chain.findings.detected += 1
        else:
            chain.findings.wrong += 1
            chain.findings.notes.append(f"{note}answered {error}")
        return
    _detected(chain, note)


def _detected(chain: Chain, note: str) -> None:
    code, log = chain.server.wait(), chain.server.log()
    if code is not None and code > 0 and ("lianjie: " in log or "error: " in log):
        chain.findings.detected += 1
    else:
        chain.findings.wrong += 1
        chain.findings.notes.append(f"{note}ends with {code} and no clear message: {log[-600:]}")
