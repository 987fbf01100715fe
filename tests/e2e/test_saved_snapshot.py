"""A graph of some size is read once: the next start maps the file that was saved, and notices when it cannot be used."""

import pytest
from harness import load, ok


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    folder = tmp_path_factory.mktemp("county")
    ok("generate", "county", "--households", 40000, "--seed", 3, "--out", folder / "csv")
    load(folder / "store", folder / "csv")
    return folder


def degrees(county):
    return ok("run", "degree", "--data", county / "store", "--format", "json").json()


def test_a_start_gives_the_same_with_and_without_the_file(county):
    file = county / "store" / "snapshots" / "default.snapshot"
    assert not file.exists()
    first = degrees(county)
    assert first["summary"]["link_count"] > 90000
    whole = file.read_bytes()
    print(f"saved snapshot: {len(whole)} bytes for {first['summary']['link_count']} links")

    assert degrees(county) == first, "from the file"
    damaged = bytearray(whole)
    damaged[len(damaged) // 2] ^= 1
    file.write_bytes(damaged)
    assert degrees(county) == first, "past a damaged file"
    assert file.read_bytes() == whole, "which was replaced"
    file.write_bytes(whole[: len(whole) // 3])
    assert degrees(county) == first, "past a file that is cut off"
    file.unlink()
    assert degrees(county) == first, "without a file"
