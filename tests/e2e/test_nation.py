"""Provinces and nations through the binary: made, imported, answered; on a tree that is given and on a made one; and how
generating ends when it may not go on."""

import filecmp
import pathlib
import re
import signal
import subprocess
import time

import harness
import pandas as pd
import pytest
import real

TABLES = ("nodes.csv", "links.csv", "regions.csv", "lines.csv")


def same(a, b) -> bool:
    return filecmp.cmpfiles(a, b, TABLES, shallow=False)[0] == list(TABLES)


@pytest.fixture(scope="module")
def nation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nation")
    figures = harness.ok("generate", "nation", "--households", 6000, "--seed", 1, "--out", folder, "--format", "json").json()
    return folder, {figure["name"]: figure for figure in figures}


def test_is_imported_and_tells_the_calibrated_rates(nation, tmp_path):
    folder, figures = nation
    store = tmp_path / "store"
    harness.load(store, folder)
    harness.ok("check", "--data", store)
    answer = harness.ok("run", "coverage", "--data", store, "--as-of", "2024-06-01", "--format", "json").json()
    coverage = harness.rows(answer)
    provinces, whole = coverage[coverage["level"] == 1], coverage[coverage["level"] == 0].iloc[0]
    assert len(provinces) == figures["provinces"]["made"] == 3
    assert provinces["households"].sum() == whole["households"] == answer["summary"]["households"]
    assert (whole[["l0", "l1", "l2", "l3", "l4", "l5"]] > 0).all()
    participation, earning = (
        figures[name]["made"] for name in ("participation of the ever registered", "income through industry of the lifted out")
    )
    assert whole["participation_rate"] == participation == pytest.approx(0.92, abs=0.002)
    assert whole["income_through_industry_rate"] == earning == pytest.approx(0.67, abs=0.002)
    flow = harness.ok("run", "benefit_flow", "--data", store, "--as-of", "2024-06-01", "--format", "json", "--limit", 1).json()
    ledger = flow["summary"]
    assert abs(ledger["residual_yuan"]) <= 1e-9 * ledger["injected_yuan"]
    assert ledger["injected_yuan"] == pytest.approx(figures["injections"]["made"], rel=1e-12)
    assert ledger["unexplained_injection_yuan"] <= figures["unexplained injections"]["made"] * (1 + 1e-12)
    stats = harness.ok("stats", "--data", store, "--format", "json").json()
    assert stats["graph"]["link_count"] == figures["links"]["made"]


def test_same_bytes_at_any_number_of_threads(nation, tmp_path):
    folder, _ = nation
    for threads in (1, 2, 3):
        made = tmp_path / str(threads)
        harness.ok("generate", "nation", "--households", 6000, "--seed", 1, "--out", made, "--threads", threads)
        assert same(folder, made), threads
    other = tmp_path / "other"
    harness.ok("generate", "nation", "--households", 6000, "--seed", 2, "--out", other)
    assert not same(folder, other)


def test_on_a_tree_that_is_given(nation, tmp_path):
    folder, _ = nation
    tree = pd.read_csv(folder / "regions.csv", dtype=str, keep_default_na=False)
    provinces = tree[tree["level"] == "1"]["code"].tolist()
    made = tmp_path / "made"
    arguments = ("--regions", folder / "regions.csv", "--households", 3000, "--seed", 1)
    harness.ok("generate", "province", *arguments, "--province", provinces[1], "--out", made)
    regions = pd.read_csv(made / "regions.csv", dtype=str, keep_default_na=False)
    expected = tree[tree["code"].str.startswith(provinces[1])]
    assert sorted(regions["code"]) == sorted(expected["code"])
    nodes = pd.read_csv(made / "nodes.csv", dtype=str, keep_default_na=False)
    assert set(nodes["region"]) <= set(expected["code"]) and (nodes["kind"] == "HOUSEHOLD").sum() == 3000
    harness.load(tmp_path / "store", made)
    first = tmp_path / "first"
    harness.ok("generate", "province", *arguments, "--out", first)
    assert pd.read_csv(first / "regions.csv", dtype=str)["code"].iloc[0] == provinces[0]


def test_on_the_division_codes_of_china(shared_data, tmp_path):
    store = tmp_path / "store"
    files = [shared_data / "admin_china" / f"{name}" for name in ("provinces.csv", "cities.csv", "areas.csv", "streets.csv", "villages.csv.gz")]
    harness.ok("import", "--data", store, "--mapping", real.MAPPINGS / "admin_china.toml", "--regions", *files)
    harness.ok("export", "--data", store, "--out", tmp_path / "tree")
    made = tmp_path / "made"
    harness.ok("generate", "nation", "--regions", tmp_path / "tree" / "regions.csv", "--households", 60000, "--out", made)
    tree = pd.read_csv(tmp_path / "tree" / "regions.csv", dtype=str)
    regions = pd.read_csv(made / "regions.csv", dtype=str)
    assert sorted(regions["code"]) == sorted(tree["code"])
    nodes = pd.read_csv(made / "nodes.csv", dtype=str, keep_default_na=False)
    households = nodes[nodes["kind"] == "HOUSEHOLD"]
    assert len(households) == 60000 and set(nodes["region"]) <= set(tree["code"])
    assert households["region"].str[:2].nunique() >= 28, "households lie all over the nation"
    other = harness.load(tmp_path / "other", made)
    real.say(other.out.decode())


def peak_mib(*arguments) -> float:
    """What the process held at most, by its own account: getrusage counts what its parent held when it forked."""
    peak = 0
    with subprocess.Popen([harness.BINARY, *map(str, arguments)], stdout=subprocess.DEVNULL, env=harness.ENVIRONMENT) as process:
        while process.poll() is None:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            found = re.search(r"VmHWM:\s+(\d+) kB", status)
            peak = max(peak, int(found[1]) if found else 0)
            time.sleep(0.002)
    assert process.returncode == harness.DONE
    return peak / 1024


def test_memory_does_not_grow_with_the_households(tmp_path):
    peaks = {}
    for households in (40_000, 400_000):
        folder = tmp_path / str(households)
        peaks[households] = peak_mib("generate", "nation", "--households", households, "--threads", 2, "--out", folder)
        assert (folder / "links.csv").stat().st_size > 100 * households
    print(f"\npeak memory, MiB: {peaks}")
    # Two threads may each put by 8 MiB, in a process that takes some 20 by itself; the larger one's tables have 280 MB.
    assert max(peaks.values()) < 64
    assert abs(peaks[400_000] - peaks[40_000]) < 24


@pytest.mark.parametrize(
    ("code", "arguments", "named"),
    [
        (harness.USAGE, "nation --households 1999", "--households"),
        (harness.USAGE, "province --households 100000001", "--households"),
        (harness.USAGE, "province --province 59", "--province"),
        (harness.USAGE, "province --regions {regions} --province 11", "--province"),
        (harness.USAGE, "nation --regions {regions} --households 90000000", "--households"),
        (harness.USAGE, "nation --regions {flat}", "--regions"),
        (harness.NOT_FOUND, "nation --regions {regions}.missing", "--regions"),
        (harness.BAD_DATA, "nation --regions {broken}", "broken.csv:2:"),
        (harness.USAGE, "nation --format csv", "--format"),
        (harness.USAGE, "county --regions {regions}", "--regions"),
    ],
)
def test_bad_options_are_named(nation, tmp_path, code, arguments, named):
    (tmp_path / "flat.csv").write_text("code,parent,name,level\n11,,A,1\n", encoding="utf-8")
    (tmp_path / "broken.csv").write_text("code,parent,name,level\n11,,A,one\n", encoding="utf-8")
    files = {"regions": nation[0] / "regions.csv", "flat": tmp_path / "flat.csv", "broken": tmp_path / "broken.csv"}
    ended = harness.call("generate", *arguments.format(**files).split(), "--out", tmp_path / "out")
    assert ended.code == code, ended.err
    assert named in ended.err
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_no_table(tmp_path, sent):
    process = subprocess.Popen(
        [harness.BINARY, "generate", "nation", "--out", str(tmp_path / "out")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=harness.ENVIRONMENT,
    )
    begun = harness.wait_until(lambda: any(path.stat().st_size > 1 << 20 for path in (tmp_path / "out").glob("links.csv*")), 60)
    process.send_signal(sent)
    before = time.monotonic()
    process.communicate(timeout=60)
    assert begun and process.returncode == harness.INTERRUPTED
    assert time.monotonic() - before < 10
    assert list((tmp_path / "out").iterdir()) == []
