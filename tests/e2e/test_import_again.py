"""Loads that are killed and done again, and contents that go out and come in again: the digest says whether it is the same."""

import random
import signal
import subprocess
import time

import harness
import lianjie


def digest(store, graph="default"):
    graphs = harness.ok("graph", "list", "--data", store, "--format", "json").json()["graphs"]
    return next((g["digest"] for g in graphs if g["name"] == graph), None)


def test_an_import_that_is_killed_is_done_again(county, tmp_path):
    """Killed at any moment of its life; what is visible then is nothing or all, and the same command brings all."""
    chance, folder, store = random.Random(5), county(1), tmp_path / "killed"
    harness.load(tmp_path / "whole", folder)
    whole = digest(tmp_path / "whole")
    files = [x for name in ("regions", "lines", "nodes", "links") for x in (f"--{name}", folder / f"{name}.csv")]
    command = ["import", "--data", store, "--request-id", "the county", *files]
    begin = time.monotonic()
    harness.ok("import", "--data", tmp_path / "timed", *files)
    takes, killed = time.monotonic() - begin, 0
    for _ in range(8):
        process = subprocess.Popen([harness.BINARY, *map(str, command)], env=harness.ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.1, 1) * takes)
        process.kill()
        killed += process.wait() == -signal.SIGKILL
        if (store / "FORMAT").exists():
            assert digest(store) in (None, whole), "half of a load is visible"
    again = harness.ok(*command, "--format", "json")
    assert digest(store) == whole
    assert harness.ok(*command).code == harness.DONE, "and once more is no other load"
    assert digest(store) == whole and killed > 0, again
    other = harness.call(*command, "--on-existing", "update")
    assert other.code != harness.DONE and "request" in other.err, "the same id with other options is another request"


def test_what_is_exported_is_imported_to_the_same_digest(county, tmp_path):
    """A county, with what is hard to write down: quotes, commas, line breaks, long texts, dates, labels, properties."""
    store = tmp_path / "store"
    harness.load(store, county(1))
    with harness.Server(store) as server, server.client() as client:
        strange = ['"quoted"', "a,b;c", "two\nlines", "\ttab ", "联结", "'", "", " ", '""', "x" * 5000, "=1+1", "1e5", "NULL", "\\N"]
        for number, text in enumerate(strange):
            client.mutate(
                lianjie.create_node(
                    f"strange {number}", kind="FIRM", name=text, labels=["a", f"b {number}"], valid_from="2020-02-29",
                    valid_to="2021-12-31", leak_share=0.1 + number / 100, **{"prop:text": text, "prop:odd, name": text},
                )
            )  # fmt: skip
        client.mutate(
            *(
                lianjie.create_link(
                    f"strange {number}", f"strange {number - 1}", id=f'"l", {number}', mechanism="SUPPLY", product=text,
                    paid_yuan=1 / 3 * number, valid_from="2019-01-01", **{"prop:text": text},
                )
                for number, text in enumerate(strange) if number
            )
        )  # fmt: skip
        client.update_graph(reference_date="2022-03-04")
    harness.ok("export", "--data", store, "--out", tmp_path / "csv")
    harness.load(tmp_path / "again", tmp_path / "csv")
    assert digest(tmp_path / "again") == digest(store)
    harness.ok("export", "--data", tmp_path / "again", "--out", tmp_path / "csv2")
    files = {path.name: path.read_bytes() for path in (tmp_path / "csv").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "csv2").iterdir()}


def test_a_loads_request_id_is_of_its_rows_and_options(client):
    """The same id is the same load: rows, options, and rows that could not be read too."""
    nodes = [{"id": "A"}, {"id": "B"}]

    def load(rows, request_id="once", **options):
        return send_load(client, rows, request_id, options)

    first = load(nodes)
    again = load(nodes)
    assert (again.revision, again.replayed) == (first.revision, True)
    for rows, options in (
        (nodes[:1], {}),
        (nodes, {"on_existing": "ON_EXISTING_UPDATE"}),
        (nodes, {"collect_bad_rows": True}),
        ([*nodes, {"id": "C", "kind": 99}], {"collect_bad_rows": True}),
    ):
        assert reason(lambda: load(rows, **options)) == "REQUEST_ID_REUSED", (rows, options)  # noqa: B023
    bad = [*nodes, {"id": "C", "kind": 99}]
    put_aside = {"on_existing": "ON_EXISTING_UPDATE", "collect_bad_rows": True}
    assert load(bad, "aside", **put_aside).rejected_count == 1
    assert load(bad, "aside", **put_aside).replayed
    assert reason(lambda: load([*nodes, {"id": "D", "kind": 99}], "aside", **put_aside)) == "REQUEST_ID_REUSED"
    assert reason(lambda: load(bad, "aside", **put_aside, max_bad_rows=7)) == "REQUEST_ID_REUSED"
    assert load([{"id": "E"}], "x" * 128).revision == first.revision + 2
    assert reason(lambda: load([{"id": "F"}], "x" * 129)) == "LIMIT_EXCEEDED"


def send_load(client, rows, request_id, options):
    from lianjie.v1 import graph_pb2, transfer_pb2

    chunk = transfer_pb2.ImportChunk(nodes=[graph_pb2.Node(**row) for row in rows])
    requests = [
        transfer_pb2.ImportRequest(options=transfer_pb2.ImportOptions(graph=client.graph, request_id=request_id, **options)),
        transfer_pb2.ImportRequest(chunk=chunk),
        transfer_pb2.ImportRequest(end=transfer_pb2.ImportEnd(row_count=len(rows))),
    ]
    return client._send(iter(requests), 60)


def reason(call):
    try:
        call()
    except lianjie.LianjieError as error:
        return error.reason
    return None
