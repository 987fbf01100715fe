"""Bad input through the real binary: each kind is refused with file:line:column and the rule, ends with code 4, and leaves
the store as it was, byte for byte of its export."""

import gzip
import os
import re
import subprocess
import time

import harness
import lianjie
import pandas as pd
import pytest

NODES = "id,kind,outside_revenue_yuan,valid_from,valid_to\nX1,FIRM,10,,\nX2,HOUSEHOLD,,,\n"
LINKS = "id,source,target,mechanism,share,paid_yuan\nl1,F,H1,EMPLOYMENT,0.1,1\n"


def exported(store, folder):
    harness.ok("export", "--data", store, "--out", folder)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with the golden example, checked after all refusals for being as it was."""
    folder = tmp_path_factory.mktemp("refusals")
    harness.load(folder / "store", harness.DATA / "golden_share")
    before = exported(folder / "store", folder / "before")
    assert sorted(before) and all(before.values())
    yield folder / "store"
    assert exported(folder / "store", folder / "at_end") == before


def edited(text: str, line: int, row: str) -> bytes:
    lines = text.splitlines()
    return ("\n".join([*lines[: line - 1], row, *lines[line:]]) + "\n").encode()


# What it is: the table, its bytes, the line and the column of the fault (None: anywhere), words of the rule.
CASES = {
    "unknown column": ("nodes", b"id,kindd\nX1,FIRM\n", 1, 2, ["kindd", "kind"]),
    "missing required column": ("links", b"id,source\nl1,F\n", 1, None, ["target"]),
    "duplicate id": ("nodes", b"id,kind\nX1,FIRM\nX2,FIRM\nX1,FIRM\n", 4, None, ["X1"]),
    "id that is there already": ("nodes", b"id,kind\nX1,FIRM\nF,FIRM\n", 3, None, ["F"]),
    "link to a missing node": ("links", edited(LINKS, 2, "l1,F,nobody,SUPPLY,0.1,1"), 2, 3, ["nobody"]),
    "mechanism between kinds that it may not join": (
        "links", edited(LINKS, 2, "l1,F,C,EMPLOYMENT,0.1,1"), 2, None, ["EMPLOYMENT", "HOUSEHOLD"],
    ),
    "shares of a payer over 100%": ("links", edited(LINKS, 2, "l1,F,H1,EMPLOYMENT,0.2,1"), 2, None, ["F", "share"]),
    "dates out of order": (
        "nodes", edited(NODES, 3, "X2,HOUSEHOLD,,2020-06-01,2020-01-01"), 3, None, ["2020-06-01", "2020-01-01"],
    ),
    "a date that is none": ("nodes", edited(NODES, 3, "X2,HOUSEHOLD,,2020-02-30,"), 3, 4, ["valid_from", "day 30"]),
    "NaN": ("nodes", edited(NODES, 2, "X1,FIRM,NaN,,"), 2, 3, ["NaN"]),
    "infinity": ("nodes", edited(NODES, 2, "X1,FIRM,inf,,"), 2, 3, ["inf"]),
    "negative money": ("links", edited(LINKS, 2, "l1,F,H1,EMPLOYMENT,0.1,-5"), 2, 6, ["-5", "negative"]),
    "a number with a thousands mark": ("nodes", edited(NODES, 2, 'X1,FIRM,"1,000",,'), 2, 3, ["1,000"]),
    "a word for a number": ("links", edited(LINKS, 2, "l1,F,H1,EMPLOYMENT,much,1"), 2, 5, ["much"]),
    "a wrong enum": ("nodes", edited(NODES, 2, "X1,FIRMM,10,,"), 2, 2, ["FIRMM"]),
    "kind that contradicts the mechanism": (
        "links", b"source,target,mechanism,kind\nF,H1,EMPLOYMENT,SUPPLY\n", 2, None, ["EMPLOYMENT", "SUPPLY"],
    ),
    "invalid UTF-8": ("nodes", edited(NODES, 2, "X1,FIRM,10,,").replace(b"X1", b"X\xff1"), 2, None, ["UTF-8"]),
    "a row with too many cells": ("nodes", edited(NODES, 2, "X1,FIRM,10,,,,"), 2, None, []),
    "an empty id": ("nodes", edited(NODES, 2, ",FIRM,10,,"), 2, 1, ["id"]),
    "an empty file": ("nodes", b"", 1, None, ["empty"]),
    "persons below what 32 bits hold": ("nodes", b"id,kind,persons\nX1,HOUSEHOLD,-4294967293\n", 2, 3, ["-4294967293", "negative"]),
    "persons above what 32 bits hold": ("nodes", b"id,kind,persons\nX1,HOUSEHOLD,4294967299\n", 2, 3, ["4294967299"]),
    "a year that would wrap round": ("lines", b"region,year,line_yuan\n,-4294965276,4000\n", 2, 2, ["-4294965276", "year"]),
    "a level that would wrap round": ("regions", b"code,level\nR,-4294967293\n", 2, 2, ["-4294967293", "level"]),
    "a row above what a message holds": (
        "nodes", ",".join(["id", *(f"prop:p{n}" for n in range(70))]).encode() + b"\nX1"
        + (b"," + b"x" * 65000) * 70 + b"\n", 2, None, ["bytes"],
    ),
    "a quote that never closes": ("nodes", edited(NODES, 2, '"X1,FIRM,10,,'), 2, None, []),
}  # fmt: skip


def place(ended: harness.Ended, name: str) -> tuple[int, int]:
    """The line and the column that the message names."""
    found = re.search(re.escape(name) + r":(\d+):(\d+):? ", ended.err)
    assert found, f"no {name}:line:column in\n{ended.err}"
    return int(found[1]), int(found[2])


def check(ended: harness.Ended, name: str, line: int | None, column: int | None, words) -> None:
    assert ended.code == harness.BAD_DATA, (ended.code, ended.err)
    at = place(ended, name)
    assert at[0] == line or line is None
    assert at[1] >= 1 and (at[1] == column or column is None), ended.err
    for word in words:
        assert word in ended.err, f"{word!r} is not in\n{ended.err}"
    assert ended.out == b""


@pytest.mark.parametrize("case", CASES)
def test_refused(store, tmp_path, case):
    kind, content, line, column, words = CASES[case]
    file = tmp_path / f"bad_{kind}.csv"
    file.write_bytes(content)
    before = exported(store, tmp_path / "before")
    ended = harness.call("import", "--data", store, f"--{kind}", file)
    check(ended, file.name, line, column, words)
    assert exported(store, tmp_path / "after") == before


def test_refused_when_gzip_is_cut_off(store, tmp_path):
    rows = "id,kind\n" + "".join(f"X{row},FIRM\n" for row in range(50_000))
    whole = gzip.compress(rows.encode())
    file = tmp_path / "nodes.csv.gz"
    file.write_bytes(whole[: len(whole) // 2])
    before = exported(store, tmp_path / "before")
    ended = harness.call("import", "--data", store, "--nodes", file)
    check(ended, file.name, None, None, ["gzip"])
    assert exported(store, tmp_path / "after") == before


def test_refused_at_a_line_of_a_gigabyte_without_reading_it_all(store, tmp_path):
    file = tmp_path / "nodes.csv"
    with open(file, "wb") as out:
        out.write(b"id,kind\nX1,FIRM\n")
        block = b"x" * (1 << 24)
        for _ in range(64):
            out.write(block)
    before = exported(store, tmp_path / "before")
    running = subprocess.Popen(
        [harness.BINARY, "import", "--data", store, "--nodes", file],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=harness.ENVIRONMENT,
    )
    err = running.stderr.read().decode()
    out = running.stdout.read()
    _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    running.stdout.close(), running.stderr.close()
    os.unlink(file)
    print(f"a line of 1 GiB: refused at a peak of {usage.ru_maxrss // 1024} MiB")
    check(harness.Ended(running.returncode, out, err), file.name, 3, None, [])
    assert usage.ru_maxrss < 512 * 1024
    assert exported(store, tmp_path / "after") == before


def test_bad_rows_go_to_their_file_with_reasons_and_the_rest_is_loaded(tmp_path):
    tables = harness.DATA / "golden_share"
    links = (tables / "links.csv").read_text() + "F,nobody,SUPPLY,\nF,C,SUPPLY,0.9\nF,H4,EMPLOYMENT,x\n"
    (tmp_path / "links.csv").write_text(links)
    store, bad = tmp_path / "store", tmp_path / "bad.csv"
    ended = harness.ok(
        "import", "--data", store, "--nodes", tables / "nodes.csv", "--links", tmp_path / "links.csv", "--bad-rows", bad
    )
    assert f"bad rows: 3, put aside in {bad}" in ended.out.decode().splitlines() and ended.err == ""
    listed = bad.read_text(encoding="utf-8")
    for line, word in (("11", "nobody"), ("12", "share"), ("13", "x")):
        assert re.search(rf"links\.csv.*\b{line}\b.*{word}", listed), listed
    loaded = harness.ok("run", "benefit_flow", "--mode", "share", "--data", store, "--format", "json").json()
    households = {row[0]: row[3] for row in loaded["rows"]}
    assert households["H1"] == pytest.approx(23620 / 89, rel=1e-9)


def test_reading_a_bad_file_is_quick(store, tmp_path):
    """A bad row at the end of a large file is found without loading twice, and nothing of the file stays."""
    file = tmp_path / "nodes.csv"
    file.write_text("id,kind\n" + "".join(f"X{row},FIRM\n" for row in range(200_000)) + "X7,FIRM\n")
    started = time.monotonic()
    ended = harness.call("import", "--data", store, "--nodes", file)
    check(ended, file.name, 200_002, None, ["X7"])
    print(f"a duplicate in row 200,001 was found in {time.monotonic() - started:.1f} s")
    assert harness.call("get", "node", "X7", "--data", store).code == harness.NOT_FOUND


def test_the_python_client_says_which_row_was_refused(client):
    nodes = pd.DataFrame({"id": [f"N{row}" for row in range(40_000)], "name": "x" * 40})  # more than a chunk
    nodes.loc[30_000, "id"] = "N7"
    with pytest.raises(lianjie.LianjieError) as caught:
        client.import_data(nodes=nodes)
    assert str(caught.value).startswith("nodes:30001: ") and "N7" in str(caught.value)
    assert (caught.value.row, caught.value.reason) == (30_000, "DUPLICATE_ID")
    with pytest.raises(lianjie.LianjieError, match="^links:2: ") as caught:
        client.import_data(nodes=nodes[:3], links=[{"source": "N0", "target": "N1"}, {"source": "N0", "target": "nobody"}])
    assert caught.value.row == 1 and "nobody" in str(caught.value)
