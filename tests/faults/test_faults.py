"""The short form of the campaign, and proof that it would see what it looks for: planted losses, lying disks, and the bugs that it
has found once."""

import copy
import random
import shutil
import subprocess
import sys

import disk
import flips
import lianjie
import pytest
import trials
import workload
from campaign import KINDS, run_chain
from chain import Broken, Chain
from journal import Findings, Operation, Stream
from process import PRELOAD, ROOT


@pytest.fixture(autouse=True, scope="session")
def built():
    assert PRELOAD.is_file(), f"no library at {PRELOAD}: build with LIANJIE_BUILD_TESTS=ON"


@pytest.fixture
def chain(tmp_path):
    """A chain without faults, traced."""
    made = Chain("test", 0, 1, tmp_path, traced=True)
    yield made
    made.close()


def fill(chain: Chain, most: int = 12) -> None:
    with chain.load(most=most) as threads:
        for thread in threads:
            thread.join()


def test_short_campaign(capsys):
    """The promises, in about two minutes; the table is printed."""
    ended = subprocess.run(
        [sys.executable, ROOT / "tests/faults/campaign.py", "--jobs", "2"], capture_output=True, text=True, check=False, timeout=900
    )
    with capsys.disabled():
        print(f"\n{ended.stdout}{ended.stderr}")
    assert ended.returncode == 0, ended.stderr
    assert all(kind.title in ended.stdout for kind in KINDS.values())
    rows = [line.split("|")[1:3] for line in ended.stdout.partition("damaged file | tried")[2].splitlines()]
    tried = {row[0].strip(): int(row[1]) for row in rows if len(row) == 2 and row[1].strip().isdigit()}
    assert tried.keys() == flips.PATTERNS.keys() and min(tried.values()) > 0, tried


def test_damage_goes_round_every_class_in_every_way():
    short, long = ([flips.turn(number) for number in range(count)] for count in (KINDS["flips"].short, KINDS["flips"].long))
    assert {name for name, _ in short} == flips.PATTERNS.keys()
    assert ("log", "delete") in short and {way for _, way in short} >= {*flips.WAYS}
    assert set(long) >= {(name, way) for name in flips.PATTERNS for way in flips.WAYS} | {("current", "swap")}


def test_a_disk_that_lies_about_syncs_is_seen_to_lose(tmp_path):
    """The planted loss: were the comparison or the power cut blind, every promise would seem kept."""
    found = Findings()
    for number in range(3):
        found.add(run_chain("lies", number, 1, 1, str(tmp_path)))
    assert found.lost > 0, found.notes


def test_a_log_that_is_not_synced_is_refused_by_the_witness(chain):
    """A disk that lies about the log but not about the witness: the store knows that it is behind, and says so."""
    chain.open()
    fill(chain)
    chain.control.lie = 2
    fill(chain)
    chain.server.kill()
    chain.control.disarm()
    names = chain.folder / "after"
    chain._disk.cut(disk.STRICT, random.Random(1), names)
    shutil.rmtree(chain.root)
    names.rename(chain.root)
    server = chain.start()
    assert server.address is None and server.wait() > 0
    assert "acknowledged" in server.log() and "damaged" in server.log()


def test_planted_losses_are_seen(chain):
    """Each kind of loss, done to the store behind the journal's back, or to the journal."""
    chain.open()
    fill(chain, 30)
    chain.compare()
    writer = max(chain.writers, key=lambda each: len(each.stream.state))
    link = next(key for key in writer.stream.state if key[1] == "link")

    def found_after(change) -> Findings:
        kept = copy.deepcopy(writer.stream.state), chain.revision
        change()
        chain.findings = Findings()
        with pytest.raises(Broken):
            chain.compare(again=False)
        writer.stream.state, chain.revision = kept
        return chain.findings

    def older():  # as if the last batch on the link had been forgotten
        writer.stream.state[link] = "999999 newer"

    assert found_after(older).lost == 1

    def unheard_of():  # as if something refused had been applied
        del writer.stream.state[link]

    assert found_after(unheard_of).lost + chain.findings.wrong == 1

    def behind():
        chain.revision += 1

    assert found_after(behind).lost == 1
    with workload.connect(chain.server.address) as client:
        client.mutate(lianjie.delete_link(link[2]))
    assert found_after(lambda: None).lost == 1


def operation(number: int, changes: dict) -> Operation:
    return Operation(f"batch {number}", lambda client: (0, False), {("g", "node", key): value for key, value in changes.items()})


def stream_of(*operations: Operation, doubt: Operation | None = None) -> Stream:
    stream = Stream("test")
    for each in operations:
        stream.acknowledge(each)
    stream.doubt = [doubt] if doubt else []
    return stream


def state(**values: str) -> dict:
    return {("g", "node", key): value for key, value in values.items()}


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (state(a="2", b="2"), (0, 0, 0)),  # the one in doubt was not applied
        (state(a="3", c="3"), (0, 0, 0)),  # it was
        (state(a="3", b="2"), (0, 1, 0)),
        (state(a="3"), (0, 1, 0)),
        (state(a="1", b="1"), (1, 0, 0)),
        (state(b="2"), (1, 0, 0)),
        ({}, (1, 0, 0)),
        (state(a="2", b="2", x="9"), (0, 0, 1)),
        (state(a="7", b="2"), (0, 0, 1)),
    ],
)
def test_comparison(actual, expected):
    first, second = operation(1, {"a": "1", "b": "1"}), operation(2, {"a": "2", "b": "2"})
    stream = stream_of(first, second, doubt=operation(3, {"a": "3", "b": None, "c": "3"}))
    stream.compare(actual)
    assert (stream.findings.lost, stream.findings.half, stream.findings.wrong) == expected, stream.findings.notes


def test_what_should_be_refused_and_is_not_is_seen():
    stream = Stream("test")
    accepted = operation(1, {"a": "1"})
    accepted.refusal, accepted.outcome = "PRECONDITION_FAILED", "acknowledged"
    stream.record(accepted)
    assert stream.findings.wrong == 1


def test_a_new_store_survives_a_power_cut_wherever_it_lies(chain):
    """The names of the folders that are made for it are synced too, not only what lies in them."""
    (chain.root / "above").mkdir()
    type(chain).store = property(lambda self: self.root / "above" / "new" / "store")
    try:
        chain.open()
        fill(chain, 3)
        chain.server.kill()
        target = chain.folder / "after"
        chain._disk.cut(disk.STRICT, random.Random(1), target)
        shutil.rmtree(chain.root)
        target.rename(chain.root)
        chain.open()
        assert chain.findings.lost == 0
    finally:
        type(chain).store = property(lambda self: self.root / "store")


def test_a_backup_and_a_restored_store_outlast_a_power_cut(chain):
    """Each is answered for when the command ends: the names of the folders that it made are on disk too."""
    chain.open()
    fill(chain, 3)
    chain.server.stop()
    folder, store = chain.root / "new" / "backups", chain.root / "above" / "restored"
    chain.run_traced("backup", "create", "--data", chain.store, "--to", folder)
    backup = next(path.name for path in folder.iterdir() if path.is_dir())
    saved = chain.folder / "backups"
    shutil.copytree(folder, saved)  # the model of the disk does not follow what lies in a folder that is renamed
    chain.cut(disk.STRICT)
    assert folder.is_dir()
    chain.run_traced("backup", "restore", backup, "--folder", saved, "--into", store)
    chain.cut(disk.STRICT)
    shutil.rmtree(chain.store)
    store.rename(chain.store)
    chain.open()
    assert chain.findings.lost == 0


@pytest.mark.parametrize("call", ["fail_write", "fail_sync"])
@pytest.mark.parametrize("file", ["MANIFEST-*", "*.log", "../WITNESS"])
def test_the_first_failure_ends_the_server_with_its_message(chain, file, call):
    """RocksDB goes on after some failures, and its assertions abort: the store ends before that."""
    chain.open()
    path = sorted((chain.store / "rocksdb").glob(file))[-1] if "*" in file else chain.store / "WITNESS"
    chain.control.only = path.stat().st_ino
    chain.control.fail_error = 5
    setattr(chain.control, call, getattr(chain.control, f"{call.removeprefix('fail_')}s") + 1)
    with chain.load():
        code = chain.server.wait(10)
        chain.server.kill()
    assert chain.control.fired and code == 1, chain.server.log()
    assert "the store failed, the process ends" in chain.server.log()
    chain.cut()
    chain.control.disarm()
    chain.open()


def test_cut_spares_what_was_synced_alone(tmp_path):
    """The model of a disk, on calls written by hand."""
    root, keep, trace = tmp_path / "root", tmp_path / "keep", tmp_path / "trace"
    root.mkdir()
    keep.mkdir()
    model = disk.Disk(root, keep, trace)
    for name, data in {"synced": b"0123456789", "unnamed": b"abc", "over": b"NEWold"}.items():
        (root / name).write_bytes(data)
    inode = {path.name: path.stat().st_ino for path in root.iterdir()} | {".": root.stat().st_ino}
    lines = [
        f"create synced {inode['synced']}",
        f"create over {inode['over']}",
        f"write {inode['synced']} 0 6 0 -",
        f"write {inode['over']} 0 6 0 -",
        f"sync {inode['synced']} 3",
        f"sync {inode['over']} 4",
        f"sync {inode['.']} 5",
        f"create unnamed {inode['unnamed']}",
        f"write {inode['unnamed']} 0 3 0 -",
        f"sync {inode['unnamed']} 9",
        f"write {inode['synced']} 6 4 6 -",
        f"lost {inode['synced']} 11",
        f"sync {inode['synced']} 12",
        f"write {inode['over']} 0 3 6 {b'old'.hex()}",
    ]
    trace.write_text("\n".join(lines) + "\n")
    model.cut(disk.STRICT, random.Random(1), tmp_path / "after")
    after = {path.name: path.read_bytes() for path in (tmp_path / "after").iterdir()}
    assert after == {"synced": b"012345", "over": b"oldold"}
    seen = set()
    for seed in range(60):
        shutil.rmtree(tmp_path / "after")
        model.cut(disk.RANDOM, random.Random(seed), tmp_path / "after")
        after = {path.name: path.read_bytes() for path in (tmp_path / "after").iterdir()}
        assert after["synced"][:6] == b"012345" and after["over"][3:] == b"old"
        seen |= {len(after["synced"]), "unnamed" in after, after["over"][:3]}
    assert {6, 10, True, False, b"old", b"NEW"} <= seen


def test_a_folder_that_is_renamed_takes_along_what_is_in_it(tmp_path):
    """As a backup is made: under a name that says that it is not whole, which changes when all of it is on disk."""
    root, keep, trace = tmp_path / "root", tmp_path / "keep", tmp_path / "trace"
    (root / "all").mkdir(parents=True)
    keep.mkdir()
    model = disk.Disk(root, keep, trace)
    (root / "all/new/below").mkdir(parents=True)
    (root / "all/new/below/file").write_bytes(b"abc")
    inode = {name: (root / name).stat().st_ino for name in ("all", "all/new", "all/new/below", "all/new/below/file")}
    lines = [
        "mkdir all/part", "mkdir all/part/below", f"create all/part/below/file {inode['all/new/below/file']}",
        f"write {inode['all/new/below/file']} 0 3 0 -", f"sync {inode['all/new/below/file']} 4", f"sync {inode['all/new/below']} 5",
        f"sync {inode['all/new']} 6", f"sync {inode['all']} 7", f"rename all/part all/new {inode['all/new']}",
    ]  # fmt: skip
    for number, (more, expected) in enumerate([([], "all/part/below/file"), ([f"sync {inode['all']} 9"], "all/new/below/file")]):
        trace.write_text("\n".join([*lines, *more]) + "\n")
        after = tmp_path / f"after{number}"
        model.cut(disk.STRICT, random.Random(1), after)
        assert {str(path.relative_to(after)) for path in after.rglob("*") if path.is_file()} == {expected}
        assert (after / expected).read_bytes() == b"abc"


def test_every_kind_has_its_counts():
    assert {name: kind.long for name, kind in KINDS.items()} == {
        "kills": 500, "points": 500, "power": 300, "full": 100, "syncs": 50, "flips": 200,
    }  # fmt: skip
    assert all(kind.run in vars(trials).values() or kind.run.__module__ == "flips" for kind in KINDS.values())
