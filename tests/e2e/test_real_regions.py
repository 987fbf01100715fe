"""The region tree of China as of mid-2023: what lies in a region is what lies in the regions below it, at every level."""

import pandas as pd
import pytest
import real

FILES = {1: "provinces.csv", 2: "cities.csv", 3: "areas.csv", 4: "streets.csv", 5: "villages.csv.gz"}
DIGITS = {1: 2, 2: 4, 3: 6, 4: 9, 5: 12}


@pytest.fixture(scope="module")
def tree(server, shared_data):
    """The tree loaded, with a household of one to six persons in every village."""
    folder = shared_data / "admin_china"
    created = real.load(server, "regions_china", "admin_china.toml", *(folder / name for name in FILES.values()))
    tables = {level: real.table(folder / name) for level, name in FILES.items()}
    villages = tables[5]["code"]
    households = pd.DataFrame(
        {
            "id": "H" + villages,
            "kind": "HOUSEHOLD",
            "region": villages,
            "registration": "REGISTERED_POOR",
            "persons": villages.str[-6:].astype(int) % 6 + 1,
        }
    )
    with server.client("regions_china") as client:
        client.import_data(nodes=households)
        yield client, created, tables, households


def test_every_region_is_there_under_its_parent(tree):
    client, created, tables, _ = tree
    total = sum(len(table) for table in tables.values())
    assert created["regions"]["created"] == total == client.stats()["graph"]["region_count"]
    levels = {row["level"]: row["region_count"] for row in client.stats()["region_levels"]}
    assert {level: levels[level] for level in FILES} == {level: len(table) for level, table in tables.items()}
    for level, digits in ((2, "11"), (5, "530427101")):
        listed = list(client.list_regions(f'level = {level} AND code : "{digits}"'))
        expected = tables[level][tables[level]["code"].str.startswith(digits)]
        assert [region["code"] for region in listed] == sorted(expected["code"])
        assert [region["name"] for region in listed] == expected.sort_values("code")["name"].tolist()


def test_roll_ups_agree_at_every_level(tree):
    client, _, tables, households = tree
    answer = client.coverage()
    found = answer.df
    assert len(households) == 620_573
    parents = {2: "provinceCode", 3: "cityCode", 4: "areaCode", 5: "streetCode"}
    below = households.assign(households=1)[["region", "households", "persons"]]
    for level in (5, 4, 3, 2, 1):
        rows = found[found["level"] == level]
        expected = below.groupby("region")[["households", "persons"]].sum()
        counted = rows.set_index("region")[["households", "persons"]].sort_index()
        pd.testing.assert_frame_equal(counted, expected.sort_index(), check_dtype=False, check_index_type=False)
        assert (rows["l0"] == rows["households"]).all()
        assert rows["households"].sum() == len(households) and rows["persons"].sum() == households["persons"].sum()
        real.say(f"level {level}: {len(rows):,} regions, {rows['households'].sum():,} households, {rows['persons'].sum():,} persons")
        if level > 1:  # up along the parents that the tables state, not along the digits of the codes
            parent = tables[level].set_index("code")[parents[level]]
            below = expected.assign(region=expected.index.map(parent)).reset_index(drop=True)
    assert answer.summary["households"] == len(households)


def test_a_region_is_what_lies_below_it(tree):
    client, _, tables, households = tree
    for code in ("31", "5304", "530427", "530427101"):
        answer = client.degree(region=code)
        level = {digits: level for level, digits in DIGITS.items()}[len(code)]
        column = {1: "provinceCode", 2: "cityCode", 3: "areaCode", 4: "streetCode"}[level]
        villages = tables[5][tables[5][column] == code]
        assert sorted(answer.df["node"]) == sorted("H" + villages["code"]) and len(villages) > 0
        assert answer.df["node"].is_unique and len(answer.df) <= len(households)
