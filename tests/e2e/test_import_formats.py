"""Tables as others write them: packed, with a mark at the start, in another encoding, with neo4j-admin's headers, or with columns
that a mapping file speaks of."""

import gzip

import harness
import pytest

NODES = "id,kind,name\nF,FIRM,双溪茶业有限公司\nH,HOUSEHOLD,张三\n"
LINKS = "source,target,mechanism,paid_yuan\nF,H,EMPLOYMENT,1000.5\n"
TABS = NODES.replace(",", "\t")
NEO4J_NODES = "code:ID(Person),name,:LABEL,land_mu:double,age:int\n7,张三,HOUSEHOLD;tea,3.5,41\n8,李四,HOUSEHOLD,,\n"
NEO4J_LINKS = ":START_ID(Person),:END_ID(Person),:TYPE,paid_yuan:double,since:IGNORE\n7,8,EMPLOYMENT,12,x\n"


def stored(store, what, id):
    document = harness.ok("get", what, id, "--data", store, "--format", "json").json()
    return document.get(what, document)


@pytest.mark.parametrize(
    ("name", "content", "more"),
    [
        ("nodes.csv", NODES.encode(), []),
        ("nodes.csv", b"\xef\xbb\xbf" + NODES.encode(), []),
        ("nodes.csv", NODES.replace("\n", "\r\n").encode(), []),
        ("nodes.csv.gz", gzip.compress(NODES.encode()), []),
        ("nodes.csv.gz", gzip.compress(NODES[:20].encode()) + gzip.compress(NODES[20:].encode()), []),
        ("nodes.tsv", TABS.encode(), []),
        ("nodes.csv", NODES.encode("gb18030"), ["--encoding", "gb18030"]),
        ("nodes.csv.gz", gzip.compress(NODES.encode("gb18030")), ["--encoding", "GB18030"]),
        ("nodes.csv", NODES.replace(",", ";").encode(), ["--delimiter", ";"]),
        ("nodes.csv", NODES.rstrip("\n").encode(), []),
    ],
    ids=["plain", "mark", "CRLF", "gzip", "gzip of two parts", "tabs", "GB18030", "packed GB18030", "semicolons", "no end"],
)
def test_the_same_table_in_many_forms(tmp_path, name, content, more):
    (tmp_path / name).write_bytes(content)
    harness.ok("import", "--data", tmp_path / "store", "--nodes", tmp_path / name, *more)
    node = stored(tmp_path / "store", "node", "F")
    assert (node["name"], node["kind"]) == ("双溪茶业有限公司", "FIRM")


def test_headers_of_neo4j_admin(tmp_path):
    (tmp_path / "people.csv").write_text(NEO4J_NODES)
    (tmp_path / "ties.csv").write_text(NEO4J_LINKS)
    store = tmp_path / "store"
    harness.ok("import", "--data", store, "--nodes", tmp_path / "people.csv", "--links", tmp_path / "ties.csv")
    listed = harness.ok("list", "nodes", "--data", store, "--format", "csv").csv(dtype=str)
    assert listed["id"].tolist() == ["Person/7", "Person/8"] and set(listed["kind"]) == {"HOUSEHOLD"}
    node = stored(store, "node", "Person/7")
    assert node["labels"] in (["tea"], "tea") and float(node["land_mu"]) == 3.5
    links = harness.ok("list", "links", "--data", store, "--format", "csv").csv(dtype=str)
    assert links[["source", "target", "mechanism"]].values.tolist() == [["Person/7", "Person/8", "EMPLOYMENT"]]


def test_columns_of_neo4j_admin_without_a_type_are_properties(tmp_path):
    (tmp_path / "people.csv").write_text("personId:ID,title,:LABEL\nkeanu,The One,Actor\nm1,,Movie\n")
    (tmp_path / "roles.csv").write_text(":START_ID,:END_ID,:TYPE,role\nkeanu,m1,ACTED_IN,Neo\n")
    store = tmp_path / "store"
    harness.ok("import", "--data", store, "--nodes", tmp_path / "people.csv", "--links", tmp_path / "roles.csv")
    assert stored(store, "node", "keanu")["prop:title"] == "The One"
    listed = harness.ok("list", "links", "--data", store, "--format", "csv").csv(dtype=str)
    assert listed[["source", "target", "prop:role", "prop:type"]].values.tolist() == [["keanu", "m1", "Neo", "ACTED_IN"]]


def test_a_mapping_file_reads_columns_that_are_not_ours(tmp_path):
    (tmp_path / "members.csv").write_text("编号,姓名,类别,万元\n1,张三,户,0.5\n2,某社,社,12\n3,李四,户,\n", encoding="gb18030")
    (tmp_path / "map.toml").write_text(
        """
[[input]]
file = "members*.csv"
[[input.record]]
kind = "node"
[input.record.fields]
id = { column = "编号", prefix = "m" }
name = "姓名"
kind = { column = "类别", values = { "户" = "HOUSEHOLD", "社" = "COOPERATIVE" } }
revenue_yuan = { column = "万元", scale = 10000 }
labels = { value = "member" }
""",
        encoding="utf-8",
    )
    store = tmp_path / "store"
    arguments = ["--mapping", tmp_path / "map.toml", "--input", tmp_path / "members.csv", "--encoding", "gb18030"]
    harness.ok("import", "--data", store, *arguments)
    node = stored(store, "node", "m2")
    assert (node["name"], node["kind"], float(node["revenue_yuan"])) == ("某社", "COOPERATIVE", 120_000)
    (tmp_path / "members2.csv").write_text("编号,姓名,类别,万元\n9,王五,?,1\n", encoding="utf-8")
    ended = harness.call("import", "--data", store, "--mapping", tmp_path / "map.toml", "--input", tmp_path / "members2.csv")
    assert ended.code == harness.BAD_DATA and "members2.csv:2:3" in ended.err


def test_tables_are_aligned_with_chinese_text(tmp_path):
    names = [line + land for line, land in zip(NODES.splitlines(), (",land_mu", ",12.5", ",3"), strict=True)]
    (tmp_path / "nodes.csv").write_text("\n".join(names), encoding="utf-8")
    (tmp_path / "links.csv").write_text(LINKS)
    harness.load(tmp_path / "store", tmp_path)
    shown = harness.ok("list", "nodes", "--data", tmp_path / "store").out.decode()
    lines = [line for line in shown.splitlines() if line.strip()]

    def width(text: str) -> int:
        return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)

    rows = [line for line in lines if line.startswith(("F ", "H "))]
    assert len(rows) == 2 and any("张三" in row for row in rows)
    header = lines[0]
    assert header.index("name") < header.index("land_mu")  # numbers, set right, behind names of different widths
    ends = [width(row[: row.index(number) + len(number)]) for row, number in zip(rows, ("12.5", "3"), strict=True)]
    assert ends == [width(header[: header.index("land_mu") + len("land_mu")])] * 2


def test_generating_twice_gives_the_same_bytes(tmp_path, county):
    for seed in (1, 2):
        again = tmp_path / str(seed)
        harness.ok("generate", "county", "--households", 2000, "--seed", seed, "--out", again)
        files = {file.name: file.read_bytes() for file in county(seed).iterdir()}
        assert {file.name: file.read_bytes() for file in again.iterdir()} == files
    assert (tmp_path / "1/nodes.csv").read_bytes() != (tmp_path / "2/nodes.csv").read_bytes()
