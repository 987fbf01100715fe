"""Coverage classes of generated counties against a brute force that was written from the definitions alone."""

import collections

import coverage_oracle
import harness
import pandas as pd
import pytest

# A date after all that is recorded, and one in the midst of it, when many contracts have not begun and incomes are not known.
CASES = [(1, "2026-01-01"), (2, "2026-01-01"), (1, "2021-06-30")]
CLASSES = [f"L{number}" for number in range(6)]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"seed {case[0]} on {case[1]}")
def answers(request, tmp_path_factory, county):
    """The oracle's targets, and the engine's coverage and left_out with all classes."""
    seed, date = request.param
    folder = county(seed)
    store = tmp_path_factory.mktemp("county") / "store"
    harness.load(store, folder)
    shared = ["--data", store, "--as-of", date, "--format", "json"]
    left = harness.ok("run", "left_out", "--classes", ",".join(CLASSES), *shared).json()
    coverage = harness.ok("run", "coverage", *shared).json()
    return coverage_oracle.Oracle(folder, date), left, coverage


def test_every_household_has_the_class_of_the_brute_force(answers):
    oracle, left, _ = answers
    expected = {target.node: target for target in oracle.targets()}
    table = harness.rows(left).set_index("node")
    assert set(table.index) == set(expected)
    differing = {
        node: (target.klass, table.loc[node, "class"], table.loc[node, "reason"], table.loc[node, "evidence"])
        for node, target in expected.items()
        if target.klass != table.loc[node, "class"]
    }
    counts = collections.Counter(target.klass for target in expected.values())
    print(f"\n{len(expected)} targets by class: {dict(sorted(counts.items()))}")
    assert not differing, f"{len(differing)} differ, as {list(differing.items())[:5]}"
    assert len(counts) == 6, "a county in which classes are missing tests little"


def test_benefit_line_and_gap_agree(answers):
    oracle, left, _ = answers
    table = harness.rows(left).set_index("node")
    for target in oracle.targets():
        row = table.loc[target.node]
        assert row["benefit_yuan"] == pytest.approx(target.benefit, rel=1e-9, abs=1e-6), target
        assert row["region"] == target.region
        if target.line is not None:
            assert row["line_yuan"] == pytest.approx(target.line)
            assert row["gap_yuan"] == pytest.approx(target.gap, rel=1e-9, abs=1e-6), target


def test_reasons_are_borne_out_by_the_tables(answers):
    oracle, left, _ = answers
    table = harness.rows(left)
    ended = collections.defaultdict(list)  # links that were and are no more, by either end
    for link in pd.read_csv(oracle.folder / "links.csv", dtype=str, keep_default_na=False).to_dict("records"):
        over = link["valid_to"] != "" and link["valid_to"] <= oracle.date
        if over or (link["status"] not in ("", "ACTIVE") and link["valid_from"] <= oracle.date):
            ended[link["source"]].append(link)
            ended[link["target"]].append(link)
    for row in table[table["class"] == "L0"].itertuples():

        def bound(link, node=row.node) -> bool:
            return link["target"] == node and coverage_oracle.is_narrow(link) and coverage_oracle.is_money(link)

        paid_by = [link["mechanism"] for link in oracle.incoming[row.node]]
        holds = {
            "NO_LINK": not paid_by and not oracle.outgoing[row.node] and not ended[row.node],
            "LAPSED": bool(ended[row.node]) and (any(map(bound, ended[row.node])) or not paid_by),
            "SUPPORT_ONLY": "SERVICE" in paid_by,
            "PAYS_ONLY": bool(oracle.outgoing[row.node]),
            "MARKET_ONLY": bool({"SUPPLY", "CONSUMPTION"} & set(paid_by)),
            "RELIEF_ONLY": bool({"TRANSFER", "GRANT", "CREDIT", "INSURANCE"} & set(paid_by)),
        }
        assert holds[row.reason], row
    allowed = {
        "L1": {"DEAD_END"},
        "L2": {"DORMANT_PAYER", "ARREARS"},
        "L3": {"BELOW_MINIMUM", "BELOW_LINE"},
        "L4": {"SINGLE_PAYER", "DEPENDENT"},
    }
    for klass, reasons in allowed.items():
        assert set(table.loc[table["class"] == klass, "reason"]) <= reasons


def test_regions_count_what_lies_below_them(answers):
    oracle, _, coverage = answers
    sums = collections.defaultdict(lambda: collections.defaultdict(float))
    for target in oracle.targets():
        regions, code = [""], target.region
        while code:
            regions.append(code)
            code = oracle.parents.get(code, "")
        for region in regions:
            row = sums[region]
            row["households"] += 1
            row["persons"] += target.persons
            row[target.klass.lower()] += 1
            row["benefit"] += target.benefit
            row["participating"] += target.participates and target.registration in ("REGISTERED_POOR", "LIFTED_OUT")
            row["registered"] += target.registration in ("REGISTERED_POOR", "LIFTED_OUT")
            row["earning"] += target.registration == "LIFTED_OUT" and target.benefit > 0
            row["lifted"] += target.registration == "LIFTED_OUT"
    table = harness.rows(coverage).set_index("region")
    assert set(table.index) == set(sums)  # the empty code is the whole
    shown = [("", coverage["summary"]), *((region, table.loc[region]) for region in table.index)]
    for region, row in shown:
        expected = sums[region]
        for name in ("households", "persons", *(klass.lower() for klass in CLASSES)):
            assert row[name] == expected[name], (region, name)
        for rate, part, whole in (
            ("participation_rate", "participating", "registered"),
            ("income_through_industry_rate", "earning", "lifted"),
            ("benefit_per_head_yuan", "benefit", "persons"),
        ):
            if expected[whole] == 0:
                assert row[rate] is None or pd.isna(row[rate]), (region, rate)
            else:
                assert row[rate] == pytest.approx(expected[part] / expected[whole], rel=1e-9), (region, rate)


def test_without_lines_nobody_is_below_one(answers, server, county):
    oracle = answers[0]
    assert oracle.lines
    bare = coverage_oracle.Oracle.__new__(coverage_oracle.Oracle)
    bare.__dict__ = oracle.__dict__ | {"lines": []}
    expected = collections.Counter(target.klass for target in bare.targets())
    assert expected["L3"] == expected["L4"] == 0 and expected["L5"] > 0
    tables = {name: pd.read_csv(oracle.folder / f"{name}.csv", dtype=str, keep_default_na=False) for name in NO_LINES}
    with server.client(f"no_lines_{oracle.date}_{oracle.folder.name}") as client:
        client.import_data(**tables)
        answer = client.coverage(as_of=oracle.date)
    assert {klass: answer.summary[klass.lower()] or 0 for klass in CLASSES} == {klass: expected[klass] for klass in CLASSES}


NO_LINES = ("regions", "nodes", "links")
