"""The worked examples of a benefit flow, whose answers are known as exact fractions: tables in at one end, through the store and
gRPC, answers out at the other."""

from fractions import Fraction as Q

import harness
import lianjie
import pytest

NEAR = dict(rel=1e-9, abs=1e-9)


def share(text: str) -> list[float]:
    return [float(Q(part) / 89) for part in text.split()]


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """A store for each example, filled by the command line."""
    made = {}
    for name in ("golden_share", "golden_ledger", "paying_household"):
        made[name] = tmp_path_factory.mktemp("golden") / name
        harness.load(made[name], harness.DATA / name)
    return made


def run(store, analysis, *more):
    return harness.ok("run", analysis, "--data", store, *more, "--format", "json").json()


def by_node(document, column):
    return dict(zip(*(harness.rows(document)[name] for name in ("node", column)), strict=True))


def households(document, column):
    values = by_node(document, column)
    return [values[node] for node in ("H1", "H2", "H3")]


def check_ledger(document, injected, kept_by_households, retained, leaked):
    summary = document["summary"]
    assert summary["injected_yuan"] == pytest.approx(injected, **NEAR)
    assert summary["households_yuan"] == pytest.approx(kept_by_households, **NEAR)
    assert summary["retained_yuan"] == pytest.approx(retained, **NEAR)
    assert summary["leaked_yuan"] == pytest.approx(leaked, **NEAR)
    assert abs(summary["residual_yuan"]) <= 1e-9 * injected


def test_share_mode(stores):
    answer = run(stores["golden_share"], "benefit_flow", "--mode", "share")
    assert households(answer, "benefit_yuan") == pytest.approx(share("23620 14110 11200"), **NEAR)
    assert households(answer, "direct_yuan") == pytest.approx([100, 50, 100], **NEAR)
    assert households(answer, "indirect_yuan") == pytest.approx(share("14720 9660 2300"), **NEAR)
    throughput = by_node(answer, "throughput_yuan")
    assert [throughput[node] for node in "FCV"] == pytest.approx(share("98200 46000 22400"), **NEAR)
    assert by_node(answer, "benefit_yuan")["H4"] == 0
    retained = [Q(15, 100) * 98200, Q(1, 10) * 46000, Q(2, 10) * 22400]
    leaked = [Q(3, 10) * 98200, Q(1, 10) * 46000]
    check_ledger(answer, 1200, float(Q(48930, 89)), float(sum(retained) / 89), float(sum(leaked) / 89))
    assert [round(answer["summary"][f"{name}_yuan"], 3) for name in ("households", "retained", "leaked")] == [
        549.775,
        267.528,
        382.697,
    ]


def test_share_mode_by_tier_mechanism_role_and_source(stores):
    answer = run(stores["golden_share"], "benefit_flow", "--mode", "share", "--decompose", "mechanism,role,tier,source")
    table = harness.rows(answer).set_index("node").loc[["H1", "H2", "H3"]]
    shown = {"node", "kind", "throughput_yuan", "benefit_yuan", "gross_yuan", "direct_yuan", "indirect_yuan"}
    shown |= {"retained_yuan", "leaked_yuan"}
    parts = [name for name in table.columns if name not in shown]

    def part(*words):
        found = [name for name in parts if all(word.lower() in name.lower() for word in words)]
        assert len(found) == 1, (words, parts)
        return table[found[0]].tolist()

    assert part("employment")[0] == pytest.approx(9820 / 89, **NEAR)
    assert part("order")[0] == pytest.approx(13800 / 89, **NEAR)
    assert part("worker")[0] == pytest.approx(9820 / 89, **NEAR)
    assert part("operator")[0] == pytest.approx(13800 / 89, **NEAR)
    tiers = [name for name in parts if "tier" in name.lower()]
    assert table[tiers[0]].tolist() == pytest.approx([100, 50, 100], **NEAR)
    assert table[tiers[1]].tolist() == pytest.approx([138, 92, 0], **NEAR)
    assert table[tiers[2]].tolist() == pytest.approx([9.2, 4.6, 23], **NEAR)
    sources = [name for name in parts if "source" in name.lower()]
    of_h1 = {name: table.loc["H1", name] for name in sources}
    assert sorted(of_h1.values())[-2:] == pytest.approx([1920 / 89, 21700 / 89], **NEAR)
    groups = {"mechanism": [], "role": [], "tier": tiers, "source": sources}
    groups["mechanism"] = [name for name in parts if "mechanism" in name.lower()]
    groups["role"] = [name for name in parts if "role" in name.lower()]
    for names in groups.values():
        assert names
        assert table[names].sum(axis=1).tolist() == pytest.approx(table["benefit_yuan"].tolist(), **NEAR)


def test_share_mode_explained(stores):
    answer = run(stores["golden_share"], "explain_benefit", "--node", "H1", "--mode", "share")
    table = harness.rows(answer)
    paths = [
        ("→".join(group.sort_values("step")["node"]), group["benefit_yuan"].iloc[0]) for _, group in table.groupby("path")
    ]
    names, amounts = zip(*sorted(paths, key=lambda path: -path[1]), strict=True)
    assert names == ("F→C→H1", "F→H1", "V→C→H1", "V→C→F→H1")
    assert amounts == pytest.approx(share("12000 9700 1800 120"), **NEAR)
    assert answer["summary"]["benefit_yuan"] == pytest.approx(23620 / 89, **NEAR)
    assert answer["summary"]["covered_share"] == pytest.approx(1, **NEAR)


def test_share_mode_explained_in_part_says_how_much(stores):
    answer = run(stores["golden_share"], "explain_benefit", "--node", "H1", "--mode", "share", "--k", 1)
    assert answer["summary"]["covered_share"] == pytest.approx(12000 / 23620, **NEAR)
    assert answer["truncated"] is True


def test_share_mode_dependence(stores):
    answer = run(stores["golden_share"], "dependence", "--organisation", "C", "--mode", "share")
    assert households(answer, "loss_yuan") == pytest.approx(share("14720 9660 2300"), **NEAR)
    assert answer["summary"]["loss_yuan"] == pytest.approx(26680 / 89, **NEAR)
    everybody = by_node(run(stores["golden_share"], "dependence", "--mode", "share"), "loss_yuan")
    assert set(everybody) == {"F", "C", "V"}
    assert everybody["C"] == pytest.approx(26680 / 89, **NEAR)


def test_ledger_mode(stores):
    answer = run(stores["golden_ledger"], "benefit_flow")
    assert answer["options"]["mode"] == "LEDGER"
    assert households(answer, "benefit_yuan") == pytest.approx([23620, 14110, 11200], **NEAR)
    for column, expected in (
        ("throughput_yuan", [98200, 46000, 22400]),
        ("retained_yuan", [14730, 4600, 4480]),
        ("leaked_yuan", [29460, 4600, 0]),
    ):
        values = by_node(answer, column)
        assert [values[node] for node in "FCV"] == pytest.approx(expected, **NEAR)
    check_ledger(answer, 106800, 48930, 23810, 34060)


@pytest.mark.parametrize(
    ("organisation", "losses"),
    [
        ("F", [Q(2130940, 97), Q(1261870, 97), Q(196400, 97)]),
        ("C", [14720, 9660, 2300]),
        ("V", [Q(53760, 23), Q(35280, 23), 11200]),
    ],
)
def test_ledger_mode_dependence(stores, organisation, losses):
    answer = run(stores["golden_ledger"], "dependence", "--organisation", organisation)
    assert households(answer, "loss_yuan") == pytest.approx([float(loss) for loss in losses], **NEAR)


def test_ledger_mode_without_the_firms_own_money(server, client):
    """Storing that F earns nothing outside: what it pays without receiving it is an unexplained injection."""
    tables = harness.DATA / "golden_ledger"
    harness.ok(
        "import", "--server", server.address, "--graph", client.graph,
        "--nodes", tables / "nodes.csv", "--links", tables / "links.csv",
    )  # fmt: skip
    client.mutate(lianjie.update_node("F", outside_revenue_yuan=0))
    answer = client.benefit_flow()
    firm = answer.df.set_index("node").loc["F"]
    assert answer.ledger["unexplained_injection_yuan"] == pytest.approx(44810, **NEAR)
    assert firm[["throughput_yuan", "retained_yuan", "leaked_yuan"]].tolist() == pytest.approx([54010, 0, 0], **NEAR)


def test_household_that_pays(stores):
    answer = run(stores["paying_household"], "benefit_flow", "--decompose", "mechanism")
    benefit, gross, retained = (by_node(answer, f"{name}_yuan") for name in ("benefit", "gross", "retained"))
    assert [benefit["h"], benefit["h2"]] == pytest.approx([500, 50], **NEAR)
    assert gross["h"] == pytest.approx(700, **NEAR)
    assert [retained["K"], retained["G"]] == pytest.approx([300, 150], **NEAR)
    table = harness.rows(answer).set_index("node")
    order = [name for name in table.columns if "order" in name.lower()]
    assert table.loc["h", order[0]] == pytest.approx(400, **NEAR)
    check_ledger(answer, 1000, 550, 450, 0)


def test_household_that_pays_more_than_it_earns(server, client):
    tables = harness.DATA / "paying_household"
    harness.ok(
        "import", "--server", server.address, "--graph", client.graph,
        "--nodes", tables / "nodes.csv", "--links", tables / "links.csv",
    )  # fmt: skip
    client.mutate(lianjie.update_link("inputs", paid_yuan=700))
    answer = client.benefit_flow()
    table = answer.df.set_index("node")
    assert table.loc["h", "benefit_yuan"] == pytest.approx(100, **NEAR)
    assert table.loc["G", "retained_yuan"] == pytest.approx(650, **NEAR)
    assert answer.ledger["unexplained_injection_yuan"] == pytest.approx(100, **NEAR)
    assert abs(answer.ledger["residual_yuan"]) <= 1e-9


CLASSES = {
    "11570": {"H1": "L4", "H2": "L4", "H3": "L3", "H4": "L0", "H5": "L1", "H6": "L2", "H7": "L0", "H8": "L0"},
    "1335": {"H1": "L5", "H2": "L5", "H3": "L4", "H4": "L0", "H5": "L1", "H6": "L2", "H7": "L0", "H8": "L0"},
}
REASONS = {"H4": "NO_LINK", "H5": "DEAD_END", "H6": "ARREARS", "H7": "LAPSED", "H8": "SUPPORT_ONLY"}


@pytest.mark.parametrize("line", CLASSES)
def test_coverage_check(tmp_path_factory, line):
    folder = harness.DATA / "coverage_check"
    store = tmp_path_factory.mktemp("coverage") / "store"
    harness.load(store, folder)
    lines = ["--lines", folder / f"line_{line}.csv", "--as-of", "2020-12-31"]
    left = harness.rows(run(store, "left_out", *lines)).set_index("node")
    expected = CLASSES[line]
    assert left["class"].to_dict() == {node: name for node, name in expected.items() if name != "L5"}
    assert {node: left.loc[node, "reason"] for node in REASONS} == REASONS
    fragile = {node: left.loc[node] for node, name in expected.items() if name == "L4"}
    if line == "11570":
        assert left.loc["H3", "gap_yuan"] == pytest.approx(370, **NEAR)
        assert (left.loc["H3", "reason"], left.loc["H3", "line_yuan"]) == ("BELOW_LINE", 11570)
        assert all("C" in row["evidence"] and row["reason"] == "DEPENDENT" for row in fragile.values())
    else:
        assert "V" in fragile["H3"]["evidence"] and fragile["H3"]["reason"] == "SINGLE_PAYER"
    whole = run(store, "coverage", *lines)["summary"]
    counts = {f"l{number}": list(expected.values()).count(f"L{number}") for number in range(6)}
    assert {name: whole[name] for name in counts} == counts
    assert (whole["households"], whole["persons"]) == (8, 8)
    assert whole["participation_rate"] == pytest.approx(6 / 8, **NEAR)
    assert whole["income_through_industry_rate"] is None
    assert whole["benefit_per_head_yuan"] == pytest.approx(48930 / 8, **NEAR)


def test_coverage_without_lines_says_that_two_classes_are_missing(tmp_path):
    folder = harness.DATA / "coverage_check"
    harness.ok(
        "import", "--data", tmp_path / "store", "--nodes", folder / "nodes.csv", "--links", folder / "links.csv"
    )
    whole = run(tmp_path / "store", "coverage")["summary"]
    assert (whole["l3"] or 0, whole["l4"] or 0) == (0, 0)
    told = harness.ok("run", "coverage", "--data", tmp_path / "store")
    assert "line" in (told.out.decode() + told.err).lower()
