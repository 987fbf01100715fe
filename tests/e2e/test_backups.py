"""Backups through the real binary: made while the store is written to, verified, restored with equal digests; refused,
killed and damaged ones."""

import fcntl
import os
import pathlib
import random
import shutil
import signal
import subprocess
import threading
import time

import harness
import pytest
from lianjie import mutations

# The length of the test under load.
ROUNDS = int(os.environ.get("LIANJIE_BACKUP_ROUNDS", "20"))


def digests(*where) -> dict[str, tuple[int, str]]:
    graphs = harness.ok("graph", "list", *where, "--format", "json").json()["graphs"]
    return {graph["name"]: (int(graph["revision"]), graph["digest"]) for graph in graphs}


def of(backup) -> dict[str, tuple[int, str]]:
    return {name: (int(revision), backup["digests"][name]) for name, revision in backup["revisions"].items()}


def backups(folder) -> list[dict]:
    return harness.ok("backup", "list", "--folder", folder, "--format", "json").json()["backups"]


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """A store of some thousand records in two graphs, for reading alone."""
    folder = tmp_path_factory.mktemp("county")
    harness.ok("generate", "county", "--households", 2000, "--seed", 5, "--out", folder / "tables")
    harness.load(folder / "store", folder / "tables")
    harness.ok("graph", "create", "empty", "--data", folder / "store")
    return folder / "store"


@pytest.fixture
def store(county, tmp_path):
    shutil.copytree(county, tmp_path / "store")
    return tmp_path / "store"


class Writer(threading.Thread):
    """
    Commits one node after the other, and now and then a link, until it is stopped. A pause between commits keeps the store as large as the
    time allows, and not as the disk does: one that syncs 10,000 times a second made this test seven times as long as one of 270.
    """

    PAUSE_SECONDS = 0.005

    def __init__(self, server, graph):
        super().__init__()
        self.server, self.graph, self.stopped, self.acknowledged = server, graph, threading.Event(), 0

    def run(self):
        with self.server.client(self.graph) as client:
            for i in range(1_000_000):
                if self.stopped.is_set():
                    return
                writes = [mutations.create_node(f"{self.graph}{i}", name="x" * random.randrange(200))]
                if i > 0:
                    writes.append(mutations.create_link(f"{self.graph}{i}", f"{self.graph}{i - 1}"))
                self.acknowledged = client.mutate(*writes, request_id=f"r{i}").revision
                self.stopped.wait(self.PAUSE_SECONDS)


def test_backups_under_write_load_are_of_one_moment(store, tmp_path):
    folder = tmp_path / "backups"
    graphs = ["w0", "w1", "w2"]
    with harness.Server(store) as server:
        with server.client() as client:
            for name in graphs:
                client.create_graph(name)
        writers = [Writer(server, name) for name in graphs]
        for writer in writers:
            writer.start()
        try:
            equal, waited = 0, 0.0
            for number in range(ROUNDS):
                before = {writer.graph: writer.acknowledged for writer in writers}
                start = time.monotonic()
                backup = harness.ok("backup", "create", "--server", server.address, "--to", folder, "--format", "json").json()
                waited += time.monotonic() - start
                after = {writer.graph: writer.acknowledged for writer in writers}
                for name in graphs:
                    # What was acknowledged before is in it; writes went on meanwhile.
                    assert before[name] <= int(backup["revisions"][name]) <= after[name] + 1
                    assert after[name] > before[name], "the backup held the writers up"
                target = tmp_path / f"restored{number}"
                restored = harness.ok(
                    "backup", "restore", backup["id"], "--folder", folder, "--into", target, "--format", "json"
                ).json()
                assert digests("--data", target) == of(restored) == of(backup)
                checked = harness.ok("check", "--data", target, "--format", "json").json()
                assert checked["digest"] == backup["digest"] and int(checked["fault_count"]) == 0
                shutil.rmtree(target)
                equal += 1
        finally:
            for writer in writers:
                writer.stopped.set()
            for writer in writers:
                writer.join()
        commits = sum(writer.acknowledged for writer in writers)
        assert harness.ok("check", "--server", server.address).code == harness.DONE
    assert len(backups(folder)) == ROUNDS
    print(f"\n[ figures  ] {equal} of {ROUNDS} backups restored with equal digests; {waited / ROUNDS:.2f} s a backup, {commits} commits meanwhile")


def test_a_backup_is_listed_verified_restored_and_deleted(store, tmp_path):
    folder = tmp_path / "backups"
    first = harness.ok("backup", "create", "--data", store, "--to", folder, "--format", "json").json()
    harness.ok("graph", "create", "later", "--data", store)
    second = harness.ok("backup", "create", "--data", store, "--to", folder, "--format", "json").json()
    assert [b["id"] for b in backups(folder)] == [second["id"], first["id"]]
    assert int(first["size_bytes"]) > 100_000 and int(first["format"]) == 2
    assert set(second["revisions"]) - set(first["revisions"]) == {"later"}
    table = harness.ok("backup", "list", "--folder", folder).out.decode()
    assert first["id"] in table and first["digests"]["default"] in table
    # The first, although the store has gone on.
    harness.ok("backup", "verify", first["id"], "--folder", folder)
    harness.ok("backup", "restore", first["id"], "--folder", folder, "--data", tmp_path / "old")
    assert set(digests("--data", tmp_path / "old")) == {"default", "empty"}
    # A restored store is a store: it takes writes, and backups of its own.
    harness.ok("graph", "create", "more", "--data", tmp_path / "old")
    harness.ok("backup", "create", "--data", tmp_path / "old", "--to", tmp_path / "others")
    refused = harness.call("backup", "restore", first["id"], "--folder", folder, "--into", tmp_path / "old")
    assert refused.code == harness.USAGE and "not empty" in refused.err
    harness.ok("backup", "delete", first["id"], "--folder", folder)
    assert [b["id"] for b in backups(folder)] == [second["id"]]
    missing = harness.call("backup", "verify", first["id"], "--folder", folder)
    assert missing.code == harness.NOT_FOUND and "backup list" in missing.err


def test_what_cannot_be_a_backup_is_refused(store, tmp_path):
    inside = harness.call("backup", "create", "--data", store, "--to", store / "backups")
    assert inside.code == harness.USAGE and "store's own folder" in inside.err
    nowhere = harness.call("backup", "create", "--data", store)
    assert nowhere.code == harness.USAGE and "--folder" in nowhere.err
    assert harness.call("backup", "restore", "../store", "--folder", tmp_path, "--into", tmp_path / "x").code == harness.NOT_FOUND
    no_disk = harness.call("backup", "create", "--data", store, "--to", "/dev/full/backups")
    assert no_disk.code not in (harness.DONE, harness.USAGE)
    assert not (store / "backups").exists()
    assert not (store / "checkpoints").exists() or list((store / "checkpoints").iterdir()) == []


def files_of(folder: pathlib.Path, backup: str) -> list[pathlib.Path]:
    return [path for path in sorted((folder / backup).rglob("*")) if path.is_file() and path.stat().st_size]


def test_every_damaged_file_of_a_backup_is_noticed(store, tmp_path):
    folder = tmp_path / "backups"
    backup = harness.ok("backup", "create", "--data", store, "--to", folder, "--format", "json").json()["id"]
    files = files_of(folder, backup)
    assert {path.name for path in files} >= {"BACKUP", "CURRENT"} and any(path.suffix == ".sst" for path in files)
    generator = random.Random(1)
    for path in files:
        whole = path.read_bytes()
        for damage in ("flip", "cut", "gone"):
            if damage == "flip":
                at = generator.randrange(len(whole))
                path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << generator.randrange(8)]) + whole[at + 1 :])
            elif damage == "cut":
                path.write_bytes(whole[: len(whole) // 2])
            else:
                path.unlink()
            verified = harness.call("backup", "verify", backup, "--folder", folder)
            assert verified.code in (harness.BAD_DATA, harness.NOT_FOUND), (path, damage, verified)
            target = tmp_path / "target"
            restored = harness.call("backup", "restore", backup, "--folder", folder, "--into", target)
            assert restored.code in (harness.BAD_DATA, harness.NOT_FOUND), (path, damage, restored)
            assert not target.exists(), "half a store was left"
            path.write_bytes(whole)
    harness.ok("backup", "verify", backup, "--folder", folder)


def test_a_killed_backup_is_not_listed_and_is_cleaned_up(store, tmp_path):
    folder = tmp_path / "backups"
    kept = harness.ok("backup", "create", "--data", store, "--to", folder, "--format", "json").json()["id"]
    parts = 0
    for round in range(8):
        process = subprocess.Popen(
            [harness.BINARY, "backup", "create", "--data", store, "--to", folder],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=harness.ENVIRONMENT,
        )
        # As soon as there is something to leave half done, and a little later each time.
        harness.wait_until(lambda: process.poll() is not None or list(folder.glob("*.part")), 20)
        time.sleep(0.01 * round)
        process.send_signal(signal.SIGKILL)
        process.wait()
        parts += len(list(folder.glob("*.part")))
        for listed in backups(folder):
            harness.ok("backup", "verify", listed["id"], "--folder", folder)
    assert parts > 0, "no kill came in time"
    made = harness.ok("backup", "create", "--data", store, "--to", folder, "--format", "json").json()["id"]
    assert list(folder.glob("*.part")) == []
    assert list((store / "checkpoints").iterdir()) == []
    assert {kept, made} <= {b["id"] for b in backups(folder)}
    print(f"\n[ figures  ] 8 backups killed, {parts} half made, none of them listed")


def test_an_interrupted_restore_leaves_nothing(store, tmp_path):
    folder = tmp_path / "backups"
    backup = harness.ok("backup", "create", "--data", store, "--to", folder, "--format", "json").json()["id"]
    target = tmp_path / "target"
    process = subprocess.Popen(
        [harness.BINARY, "backup", "restore", backup, "--folder", folder, "--into", target],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=harness.ENVIRONMENT,
    )
    harness.wait_until(lambda: target.exists() or process.poll() is not None, 20)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if not (target / "FORMAT").exists():
        # Killed: half a store is no store, and says what it lacks.
        refused = harness.call("stats", "--data", target)
        assert refused.code != harness.DONE
    harness.ok("backup", "restore", backup, "--folder", folder, "--into", tmp_path / "again")
    harness.ok("check", "--data", tmp_path / "again")


def test_one_backup_at_a_time_in_a_folder(store, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    with open(folder / "LOCK", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = harness.call("backup", "create", "--data", store, "--to", folder)
        assert refused.code == harness.UNAVAILABLE and "making or deleting a backup" in refused.err
    harness.ok("backup", "create", "--data", store, "--to", folder)


def test_statistics_of_the_storage(store, tmp_path):
    import grpc
    from lianjie.v1 import admin_service_pb2 as admin
    from lianjie.v1 import admin_service_pb2_grpc as admin_grpc

    with harness.Server(store) as server, grpc.insecure_channel(server.address) as channel:
        answer = admin_grpc.AdminServiceStub(channel).GetStorageStatistics(admin.GetStorageStatisticsRequest())
        assert answer.format == 2
        on_disk = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
        assert 0.5 * on_disk < answer.disk_bytes < 2 * on_disk
        assert answer.free_bytes > 0 and answer.memory_bytes > 0
        counters = {counter.name: counter.int64_value for counter in answer.counters}
        assert counters["live_table_file_bytes"] > 0 and counters["block_cache_bytes"] >= 0
