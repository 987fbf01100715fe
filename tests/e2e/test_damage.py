"""Damage and misuse through the real binary: each is refused with a message that says what to do next."""

import os
import pathlib
import shutil
import signal
import time

import harness
import pytest
from lianjie import mutations


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("damage")
    harness.ok("generate", "county", "--households", 500, "--seed", 3, "--out", folder / "tables")
    harness.load(folder / "store", folder / "tables")
    return folder / "store"


@pytest.fixture
def store(made, tmp_path):
    shutil.copytree(made, tmp_path / "store")
    return tmp_path / "store"


def refused(store, *words) -> str:
    ended = harness.call("stats", "--data", store)
    assert ended.code == harness.BAD_DATA, ended
    for word in words:
        assert word in ended.err, ended.err
    return ended.err


def test_a_second_process_is_refused_by_name_of_the_first(store):
    with harness.Server(store) as server:
        ended = harness.call("stats", "--data", store)
        assert ended.code == harness.UNAVAILABLE
        assert f"process {server.pid}" in ended.err and "--server" in ended.err
        assert harness.call("migrate", "--data", store).code == harness.UNAVAILABLE


def test_a_log_that_lost_acknowledged_writes_is_refused(store):
    with harness.Server(store) as server:
        with server.client() as client:
            for i in range(20):
                client.mutate(mutations.create_node(f"n{i}"))
        os.kill(server.pid, signal.SIGKILL)
        server.process.wait()
    logs = [path for path in (store / "rocksdb").glob("*.log") if path.stat().st_size]
    whole = {path: path.read_bytes() for path in logs}
    for path in logs:
        path.write_bytes(whole[path][: len(whole[path]) // 2])
    refused(store, "were acknowledged", "lianjie backup restore")
    for path in logs:
        path.write_bytes(whole[path])
    assert b"nodes" in harness.ok("stats", "--data", store).out


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [(pattern, damage) for pattern in ("MANIFEST-*", "CURRENT", "FORMAT", "WITNESS") for damage in ("noise", "empty", "gone")],
)
def test_damaged_files_of_the_store_are_refused(store, pattern, damage):
    path = next(p for folder in (store / "rocksdb", store) for p in sorted(folder.glob(pattern)))
    if damage == "gone":
        path.unlink()
    else:
        size = path.stat().st_size
        path.write_bytes(bytes((7 * i + 3) % 251 for i in range(size)) if damage == "noise" else b"")
    refused(store, "lianjie backup restore")
    check = harness.call("check", "--data", store)
    assert check.code == harness.BAD_DATA, check


def test_a_restored_store_that_lost_its_current_is_refused_before_it_is_ever_served(store, tmp_path):
    harness.ok("backup", "create", "--data", store, "--to", tmp_path / "backups")
    backup = harness.ok("backup", "list", "--folder", tmp_path / "backups", "--format", "json").json()["backups"][0]["id"]
    for name in ("CURRENT", "../WITNESS"):
        target = tmp_path / f"restored-{name[-7:]}"
        harness.ok("backup", "restore", backup, "--folder", tmp_path / "backups", "--into", target)
        tables = {path: path.stat().st_size for path in (target / "rocksdb").glob("*.sst")}
        (target / "rocksdb" / name).unlink()
        ended = harness.call("serve", "--data", target, "--listen", "127.0.0.1:0")
        assert ended.code == harness.BAD_DATA and "lianjie backup restore" in ended.err, ended
        assert {path: path.stat().st_size for path in (target / "rocksdb").glob("*.sst")} == tables


def test_a_damaged_table_is_named_by_the_check(store):
    largest = max((store / "rocksdb").glob("*.sst"), key=lambda path: path.stat().st_size)
    data = bytearray(largest.read_bytes())
    data[len(data) // 2] ^= 1
    largest.write_bytes(data)
    check = harness.call("check", "--data", store)
    assert check.code == harness.BAD_DATA
    assert largest.name in check.out.decode() and "restore the newest backup" in check.err
    found = harness.call("check", "--data", store, "--format", "json")
    assert found.code == harness.BAD_DATA and int(found.json()["fault_count"]) >= 1


def settled_tables(store):
    """The store's tables once a second has passed in which none came or went: opening a store flushes and compacts."""
    tables, quiet_since = None, time.monotonic()
    while time.monotonic() - quiet_since < 1:
        found = sorted((store / "rocksdb").glob("*.sst"))
        if found != tables:
            tables, quiet_since = found, time.monotonic()
        time.sleep(0.05)
    return tables


def test_a_server_ends_when_its_files_are_damaged(store):
    with harness.Server(store):  # what compaction writes it also keeps in memory: let it end in another process
        settled_tables(store)
    with harness.Server(store) as server:
        for path in settled_tables(store):
            data = bytearray(path.read_bytes())
            for at in range(200, len(data) - 2000, 1000):
                data[at] ^= 0x55
            path.write_bytes(data)
        ended = harness.call("run", "degree", "--server", server.address, "--format", "csv")
        assert ended.code != harness.DONE
        assert server.process.wait(20) == harness.FAILURE
        log = server.log()
    assert "the store failed, the process ends" in log and "lianjie backup restore" in log, log


def test_the_check_changes_nothing_in_the_folder(store):
    with harness.Server(store) as server:
        assert harness.call("check", "--data", store).code == harness.UNAVAILABLE
        assert f"process {server.pid}" in harness.call("check", "--data", store).err
        with server.client("other") as client:
            client.create_graph("other")
            for i in range(30):
                client.mutate(mutations.create_node(f"n{i}"))
        os.kill(server.pid, signal.SIGKILL)  # so that there is a log to read
        server.process.wait()

    def look():
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in store.rglob("*") if path.is_file()}

    before = look()
    assert "no fault" in harness.ok("check", "--data", store).out.decode()
    assert look() == before
    assert b"nodes" in harness.ok("stats", "--data", store, "--graph", "other").out


def test_a_clean_store_is_clean_by_the_check(store):
    table = harness.ok("check", "--data", store).out.decode()
    assert "the store: no fault in" in table
    document = harness.ok("check", "--data", store, "--format", "json").json()
    graph = document["graphs"][0]["graph"]
    listed = harness.ok("graph", "list", "--data", store, "--format", "json").json()["graphs"][0]
    assert graph["digest"] == listed["digest"] and document["faults"] == []
    with harness.Server(store) as server:
        assert harness.ok("check", "--server", server.address, "--format", "json").json()["digest"] == document["digest"]
    assert harness.call("check", "--data", pathlib.Path(store).parent / "nowhere").code == harness.NOT_FOUND
