"""What the end-to-end tests share. One server serves most of them, each test in a graph of its own; generated counties are
made once."""

import itertools
import pathlib

import harness
import pytest

SHARED_DATA = harness.ROOT.parent / "shared" / "data"


def pytest_sessionstart(session):
    if not harness.BINARY.is_file():
        pytest.exit(f"no binary at {harness.BINARY}; build it, or set LIANJIE", returncode=2)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The server that tests share; they write to graphs of their own alone."""
    started = harness.Server(tmp_path_factory.mktemp("shared_server") / "store")
    yield started
    code = started.stop()
    assert code == harness.DONE, started.log()


_numbers = itertools.count(1)


@pytest.fixture
def client(server):
    """A client of the shared server about a graph that is the test's own."""
    with server.client(f"g{next(_numbers)}") as connected:
        yield connected


@pytest.fixture(scope="session")
def county(tmp_path_factory):
    """A function that gives the folder of a generated county of 2,000 households by its seed."""
    made: dict[int, pathlib.Path] = {}

    def folder(seed: int) -> pathlib.Path:
        if seed not in made:
            made[seed] = tmp_path_factory.mktemp(f"county_{seed}")
            harness.ok("generate", "county", "--households", 2000, "--seed", seed, "--out", made[seed])
        return made[seed]

    return folder


@pytest.fixture(scope="session")
def county_store(tmp_path_factory, county):
    """A store that holds the county of seed 1; to be read alone."""
    store = tmp_path_factory.mktemp("county_store") / "store"
    harness.load(store, county(1))
    return store


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real tables; tests that need it are skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("no shared data: ../shared/data is absent")
    return SHARED_DATA
