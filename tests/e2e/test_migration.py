"""A store that a release of format 1 wrote: refused by name, migrated, and then as if this release had written it.

tests/storage/fixtures/format1.tar.gz holds that store, and what that release exported from it. In it: a graph that was
imported and then written to with request ids (`tea`), one that was only imported (`loads`), one without a load
(`later`), and the rest of one that was deleted.
"""

import pathlib
import tarfile

import harness
import lianjie
import pytest
from lianjie import mutations

FIXTURE = pathlib.Path(__file__).resolve().parents[1] / "storage/fixtures/format1.tar.gz"
GRAPHS = {"later": (3, 3, 0), "loads": (1, 5, 0), "tea": (7, 6, 4)}  # revision, nodes, links


@pytest.fixture
def old(tmp_path):
    """The store; beside it, in `contents`, what it holds."""
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(tmp_path, filter="data") if hasattr(tarfile, "data_filter") else archive.extractall(tmp_path)
    return tmp_path / "store"


def test_it_is_refused_until_it_is_migrated(old):
    before = {path: path.read_bytes() for path in sorted(old.rglob("*")) if path.is_file()}
    for command in (["graph", "list"], ["stats", "--graph", "tea"], ["serve", "--listen", "127.0.0.1:0"]):
        refused = harness.call(*command, "--data", old)
        assert refused.code == harness.FAILURE, refused
        assert "format number 1" in refused.err and "lianjie migrate --data" in refused.err
    assert before == {path: path.read_bytes() for path in before}


def test_nothing_is_lost_by_the_migration(old, tmp_path):
    migrated = harness.ok("migrate", "--data", old)
    assert b"migrated 3 graphs from format 1 to format 2" in migrated.out
    assert b"nothing to do" in harness.ok("migrate", "--data", old).out
    graphs = {graph["name"]: graph for graph in harness.ok("graph", "list", "--data", old, "--format", "json").json()["graphs"]}
    assert {name: (g["revision"], g["node_count"], g["link_count"]) for name, g in graphs.items()} == GRAPHS
    fresh = tmp_path / "fresh"
    for name in GRAPHS:
        contents = old.parent / "contents" / name
        exported = tmp_path / "exported" / name
        harness.ok("export", "--data", old, "--graph", name, "--out", exported)
        assert {p.name: p.read_bytes() for p in exported.iterdir()} == {p.name: p.read_bytes() for p in contents.iterdir()}
        harness.load(fresh, contents, "--graph", name)
        imported = harness.ok("graph", "list", "--data", fresh, "--format", "json").json()["graphs"]
        assert graphs[name]["digest"] == next(g["digest"] for g in imported if g["name"] == name), name
    assert graphs["tea"]["digest"] != graphs["loads"]["digest"]


def test_request_ids_and_page_tokens_hold_after_it(old):
    harness.ok("migrate", "--data", old)
    with harness.Server(old) as server, server.client("tea") as client:
        again = client.mutate(mutations.update_node("firm", name="Tea firm, renamed", leak_share=0.25, labels=["A", "B"]), request_id="second")
        assert (again.revision, again.replayed) == (3, True)
        with pytest.raises(lianjie.LianjieError) as reused:
            client.mutate(mutations.create_node("x"), request_id="first")
        assert reused.value.reason == "REQUEST_ID_REUSED"
        assert client.mutate(mutations.create_node("x"), request_id="new").revision == 8
