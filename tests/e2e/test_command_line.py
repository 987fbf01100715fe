"""What scripts rely on: the shape of answers, exit codes, and that the same question gives the same bytes."""

import json
import os
import random
import signal
import subprocess
import time

import harness
import pytest

GOLDEN = harness.DATA / "golden_share"
COLUMNS = {
    "benefit_flow": "node kind throughput_yuan benefit_yuan gross_yuan direct_yuan indirect_yuan retained_yuan leaked_yuan",
    "explain_benefit --node H1": "path step node link benefit_yuan",
    "dependence": "node loss_yuan",
    "dependence --organisation C": "node loss_yuan",
    "page_rank": "node score",
    "betweenness": "node score",
    "degree": "node score",
    "distances --source F": "node distance hops",
    "weak_components": "node component",
    "strong_components": "node component",
    "articulation": "node link kind block_count cut_off_count",
    "label_propagation": "node component",
    "louvain": "node component",
    "clustering": "node score triangles neighbours",
    "shortest_path --source V --target H1": "path step node link distance",
    "chain_trace --node F": "path step node link distance",
    "k_shortest_paths --source V --target H1 --k 3": "path step node link distance",
    "widest_path --source V --target H1 --weight paid_yuan": "path step node link distance width",
    "timed_trace --node F": "path step node link distance date amount_yuan truncated",
    "max_flow --source V --target H1 --weight share": "link source target flow capacity in_cut",
}
COVERAGE_COLUMNS = {
    "coverage": "region level households persons l0 l1 l2 l3 l4 l5 "
    "participation_rate income_through_industry_rate benefit_per_head_yuan",
    "left_out": "node region class reason evidence benefit_yuan line_yuan gap_yuan nearest_organisation nearest_hops",
}
FLOW_SUMMARY = [
    f"{name}_yuan"
    for name in "injected from_outside unexplained_injection households retained leaked residual".split()
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    made = tmp_path_factory.mktemp("contract") / "store"
    harness.load(made, GOLDEN)
    return made


@pytest.mark.parametrize("question", [*COLUMNS, *COVERAGE_COLUMNS])
def test_json_is_one_document_of_the_agreed_shape(store, county_store, question):
    expected = COLUMNS | COVERAGE_COLUMNS
    where = county_store if question in COVERAGE_COLUMNS else store
    flows = ("benefit_flow", "explain_benefit", "dependence")
    mode = ["--mode", "share"] if question.split()[0] in flows else []
    answer = harness.ok("run", *question.split(), *mode, "--data", where, "--format", "json").json()
    keys = ["analysis", "revision", "options", "summary", "columns", "rows", "truncated"]
    assert [key for key in answer if key in keys] == keys
    assert answer["analysis"] == question.split()[0]
    assert type(answer["revision"]) is int and type(answer["truncated"]) is bool
    assert isinstance(answer["options"], dict) and isinstance(answer["summary"], dict)
    columns = expected[question].split()
    assert [name for name in answer["columns"] if name in columns] == columns
    assert all(len(row) == len(answer["columns"]) for row in answer["rows"]) and answer["rows"]
    if question == "benefit_flow":
        assert [name for name in answer["summary"] if name in FLOW_SUMMARY] == FLOW_SUMMARY
    if question.startswith("explain"):
        assert {"benefit_yuan", "covered_share"} <= set(answer["summary"])


def test_unreached_nodes_have_no_distance(store):
    answer = harness.ok("run", "distances", "--source", "F", "--data", store, "--format", "json").json()
    table = {row[0]: row[1:3] for row in answer["rows"]}
    assert table["H4"] == [None, None] and table["F"] == [0, 0] and table["H3"] == [3, 3]


def test_csv_is_whole_unless_limited(county_store):
    whole = harness.ok("run", "degree", "--data", county_store, "--format", "csv").csv(dtype={"node": str})
    statistics = harness.ok("stats", "--data", county_store).out.decode()
    assert list(whole.columns)[:2] == ["node", "score"] and len(whole) > 2000 and "HOUSEHOLD" in statistics
    part = harness.ok("run", "degree", "--data", county_store, "--format", "csv", "--limit", 7).csv(dtype={"node": str})
    assert part.equals(whole.head(7))
    cut = harness.ok("run", "degree", "--data", county_store, "--format", "json", "--limit", 7).json()
    assert (len(cut["rows"]), cut["truncated"]) == (7, True)
    full = harness.ok("run", "degree", "--data", county_store, "--format", "json").json()
    assert (len(full["rows"]), full["truncated"]) == (len(whole), False)


def test_out_writes_the_same_bytes_to_a_file(store, tmp_path):
    shown = harness.ok("run", "degree", "--data", store, "--format", "csv")
    written = harness.ok("run", "degree", "--data", store, "--format", "csv", "--out", tmp_path / "degree.csv")
    assert written.out == b"" and (tmp_path / "degree.csv").read_bytes() == shown.out


def test_no_progress_where_there_is_no_terminal(store):
    assert harness.ok("run", "betweenness", "--data", store, "--format", "json").err == ""


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (harness.DONE, "stats --data {store}"),
        (harness.DONE, "--help"),
        (harness.USAGE, "rum degree --data {store}"),
        (harness.USAGE, "run degre --data {store}"),
        (harness.USAGE, "run degree --directoin forward --data {store}"),
        (harness.USAGE, "run degree --direction sideways --data {store}"),
        (harness.USAGE, "run degree --format xml --data {store}"),
        (harness.USAGE, "run shortest_path --source F --data {store}"),
        (harness.USAGE, "run chain_trace --node F --option-limit 3 --data {store}"),
        (harness.USAGE, "graph list --format csv --data {store}"),
        (harness.USAGE, "graph set default --reference-date none --format csv --data {store}"),
        (harness.USAGE, "analyses --format csv"),
        (harness.USAGE, "generate county --out {store}.county --format csv"),
        (harness.USAGE, "list --data {store}"),
        (harness.USAGE, "serve --data {store}.new --listen 127.0.0.1:99999"),
        (harness.USAGE, "serve --data {store}.new --listen 127.0.0.1:-1"),
        (harness.FAILURE, "stats --data {golden}/nodes.csv"),
        (harness.FAILURE, "run degree --data {store} --out {store}/no/such/folder.csv"),
        (harness.NOT_FOUND, "run coverage --lines {store}.none --data {store}"),
        (harness.NOT_FOUND, "import --nodes {store}.none --data {store}"),
        (harness.NOT_FOUND, "get node nobody --data {store}"),
        (harness.NOT_FOUND, "get link nothing --data {store}"),
        (harness.NOT_FOUND, "stats --graph nowhere --data {store}"),
        (harness.NOT_FOUND, "run distances --source nobody --data {store}"),
        (harness.BAD_DATA, "import --data {store} --nodes {golden}/nodes.csv"),
        (harness.UNAVAILABLE, "stats --server 127.0.0.1:1"),
    ],
)
def test_exit_codes(store, code, arguments):
    ended = harness.call(*arguments.format(store=store, golden=GOLDEN).split())
    assert ended.code == code, ended.err
    if code != harness.DONE:
        assert ended.out == b"" and len(ended.err.strip().splitlines()) >= 1 and "\0" not in ended.err


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        ("rum degree", "run"),
        ("run degre", "degree"),
        ("run degree --directoin forward", "direction"),
        ("run degree --direction forwart", "FORWARD"),
    ],
)
def test_a_wrong_name_gets_did_you_mean(store, arguments, meant):
    ended = harness.call(*arguments.split(), "--data", store)
    assert ended.code == harness.USAGE
    assert "did you mean" in ended.err.lower() and meant.lower() in ended.err.lower()


@pytest.mark.parametrize(
    ("command", "possible"), [("list", "nodes, links, regions, lines"), ("get", "node, link"), ("graph", "list, create")]
)
def test_a_command_of_a_command_says_what_is_possible(store, command, possible):
    for arguments in ([command, "foo"], [command]):
        ended = harness.call(*arguments, "--data", store)
        assert ended.code == harness.USAGE and possible in ended.err, ended.err


def test_errors_speak_of_flags_and_words_of_the_command_line(store):
    ended = harness.call("run", "degree", "--data", store, "--memory", "100")
    assert ended.code == harness.FAILURE and ended.err.startswith("error: --memory: degree needs about "), ended.err
    for arguments in (["get", "node", "x\udcff"], ["run", "degree", "--region", "\udcff"], ["stats", "--graph", "\udcff"]):
        ended = harness.call(*arguments, "--data", store)
        assert ended.code == harness.USAGE and "is not valid UTF-8" in ended.err, ended.err


def test_a_setting_of_threads_is_checked_as_the_flag_is(store, tmp_path):
    for value in ("5000", "-1", "4294967297", '"many"'):
        (tmp_path / "lianjie.toml").write_text(f"threads = {value}\n")
        ended = harness.call("stats", "--data", store, "--config", tmp_path / "lianjie.toml")
        assert ended.code == harness.USAGE and "0 to 4096" in ended.err, ended.err
    assert harness.call("stats", "--data", store, "--threads", "5000").code == harness.USAGE


def test_serve_says_that_a_store_is_new(tmp_path):
    for said in (True, False):
        with harness.Server(tmp_path / "store") as server:
            assert ("made a new store in" in server.log()) is said


@pytest.fixture(scope="module")
def chains(tmp_path_factory):
    """A buyer of 1,500 suppliers: more chains than an analysis gives unless it is told."""
    folder = tmp_path_factory.mktemp("chains")
    (folder / "nodes.csv").write_text("id\nB\n" + "".join(f"S{number}\n" for number in range(1500)))
    (folder / "links.csv").write_text("source,target\n" + "".join(f"B,S{number}\n" for number in range(1500)))
    harness.load(folder / "store", folder)
    return folder / "store"


def test_chains_are_whole_unless_limited(chains):
    trace = ["run", "chain_trace", "--node", "B", "--data", chains, "--format"]
    for form in ("json", "csv"):
        whole = harness.ok(*trace, form)
        table = harness.rows(whole.json()) if form == "json" else whole.csv()
        assert len(set(table["path"])) == 1500 and whole.err == ""
    assert whole.csv().equals(harness.ok(*trace, "csv", "--limit", 0).csv())
    cut = harness.ok(*trace, "csv", "--limit", 4)
    assert len(cut.csv()) == 4 and cut.err.startswith("warning: ") and len(cut.err.splitlines()) == 1
    document = harness.ok(*trace, "json", "--limit", 4).json()
    assert (len(document["rows"]), document["truncated"], document["options"]["limit"]) == (4, True, 4)
    assert document["truncation_message"]
    shown = harness.ok("analyses", "chain_trace").out.decode()
    assert "--limit  whole number, default 1000 for a table, none for csv and json" in shown


def test_csv_says_warnings_beside_it(tmp_path):
    """An analysis that warns: a start that does not fit the pattern."""
    (tmp_path / "nodes.csv").write_text("id,sector\nA,PRIMARY\nB,SECONDARY\n")
    (tmp_path / "links.csv").write_text("source,target\nA,B\n")
    harness.load(tmp_path / "store", tmp_path)
    trace = ["run", "chain_trace", "--node", "A", "--pattern", "TERTIARY >> *", "--data", tmp_path / "store", "--format"]
    (warning,) = harness.ok(*trace, "json").json()["warnings"]
    assert harness.ok(*trace, "csv").err == f"warning: {warning}\n"


@pytest.mark.parametrize("through", ["standard input", "pipe"])
def test_interrupt_ends_an_import_that_waits_for_input(tmp_path, through):
    os.mkfifo(tmp_path / "fifo")
    source = "-" if through == "standard input" else tmp_path / "fifo"
    for said in (None, b"id,kind\nA,FIRM\n"):
        if through == "pipe" and said is not None:
            holder = os.open(tmp_path / "fifo", os.O_RDWR)
            os.write(holder, said)
        running = subprocess.Popen(
            [harness.BINARY, "import", "--data", tmp_path / "store", "--nodes", source],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=harness.ENVIRONMENT,
        )
        if through == "standard input" and said is not None:
            running.stdin.write(said)
            running.stdin.flush()
        time.sleep(1)
        assert running.poll() is None
        running.send_signal(signal.SIGINT)
        code = running.wait(10)
        out, err = running.stdout.read(), running.stderr.read()
        for pipe in (running.stdin, running.stdout, running.stderr):
            pipe.close()
        assert (code, out, err) == (harness.INTERRUPTED, b"", b"error: interrupted\n")
    if through == "pipe":
        os.close(holder)
    assert harness.call("get", "node", "A", "--data", tmp_path / "store").code == harness.NOT_FOUND


def test_a_failure_of_the_analysis_is_said_by_name(tmp_path):
    (tmp_path / "nodes.csv").write_text("id,kind,outside_revenue_yuan\nA,FIRM,10\nB,FIRM,\n")
    (tmp_path / "links.csv").write_text("source,target,share\nA,B,1\nB,A,1\n")
    harness.load(tmp_path / "store", tmp_path)
    ended = harness.call("run", "benefit_flow", "--mode", "share", "--data", tmp_path / "store")
    assert ended.code == harness.BAD_DATA  # it is the graph that is at fault
    assert "A, B" in ended.err and "never leaves" in ended.err and "TRAPPED" in ended.err


def test_interrupt_ends_with_130(tmp_path):
    generator = random.Random(1)
    (tmp_path / "nodes.csv").write_text("id\n" + "".join(f"{node}\n" for node in range(20_000)))
    pairs = (f"{generator.randrange(20_000)},{generator.randrange(20_000)}\n" for _ in range(120_000))
    (tmp_path / "links.csv").write_text("source,target\n" + "".join(pairs))
    harness.load(tmp_path / "store", tmp_path)
    running = subprocess.Popen(
        [harness.BINARY, "run", "betweenness", "--data", tmp_path / "store", "--format", "csv"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=harness.ENVIRONMENT,
    )
    time.sleep(1.5)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert running.returncode == harness.INTERRUPTED, err
    assert out == b""


QUESTIONS = [
    "benefit_flow --decompose mechanism,role,tier,source --source-group kind",
    "dependence",
    "coverage",
    "left_out",
    "page_rank",
    "betweenness --direction undirected",
    "distances --source {organisation} --direction undirected",
    "weak_components",
    "strong_components",
    "articulation",
    "label_propagation",
    "label_propagation --synchronous --iterations 10",
    "louvain --levels --weight paid_yuan",
    "clustering",
    "degree",
    "explain_benefit --node {household}",
    "shortest_path --source {organisation} --target {household} --direction undirected",
    "chain_trace --node {organisation} --direction reverse",
    "k_shortest_paths --source {organisation} --target {household} --direction undirected",
    "widest_path --source {organisation} --target {household} --direction undirected --weight paid_yuan",
    "timed_trace --node {organisation} --fanout 3",
    "max_flow --source {organisation} --target {household} --direction undirected --weight paid_yuan",
    "dependence --organisation {organisation}",
    "benefit_flow --mode share",
    "benefit_flow --decompose payer",
    "benefit_flow --decompose sector,driver",
]


@pytest.fixture(scope="module")
def shuffled_store(tmp_path_factory, county):
    """The same county, every table's rows in another order."""
    folder = tmp_path_factory.mktemp("shuffled")
    for file in county(1).glob("*.csv"):
        header, *lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        random.Random(7).shuffle(lines)
        (folder / file.name).write_text(header + "".join(lines), encoding="utf-8")
    harness.load(folder / "store", folder)
    return folder / "store"


@pytest.fixture(scope="module")
def names(county_store):
    flow = harness.ok("run", "benefit_flow", "--data", county_store, "--format", "csv").csv(dtype={"node": str})
    best = flow.sort_values("benefit_yuan").groupby("kind")["node"].last()
    organisation = flow[flow["kind"] == "FIRM"].sort_values("throughput_yuan")["node"].iloc[-1]
    return {"household": best["HOUSEHOLD"], "organisation": organisation}


@pytest.mark.parametrize("question", QUESTIONS)
def test_same_bytes_with_one_thread_and_two_and_from_another_order(county_store, shuffled_store, names, question):
    arguments = question.format(**names).split()
    answers = {
        harness.ok("run", *arguments, "--data", store, "--threads", threads, "--format", "json").out
        for store, threads in ((county_store, 1), (county_store, 2), (shuffled_store, 2))
    }
    assert len(answers) == 1
    assert len(json.loads(answers.pop())["rows"]) > 0
