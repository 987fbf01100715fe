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
    # The table of ids is filled by many threads at once, so its bytes may differ between two savings.
    whole = file.read_bytes()
    print(f"saved snapshot: {len(whole)} bytes for {first['summary']['link_count']} links")

    assert degrees(county) == first, "from the file"
    assert file.read_bytes() == whole, "which is kept while it is good"

    damaged = bytearray(whole)
    damaged[len(damaged) // 2] ^= 1
    for bad in (bytes(damaged), whole[: len(whole) // 3], b""):
        file.write_bytes(bad)
        assert degrees(county) == first, "past a file that is damaged or cut off"
        replaced = file.read_bytes()
        assert len(replaced) == len(whole), "which was replaced"
        assert degrees(county) == first, "from the new file"
        assert file.read_bytes() == replaced, "which is good"
    file.unlink()
    assert degrees(county) == first, "without a file"
