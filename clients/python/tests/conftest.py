import fake_server
import lianjie
import pytest


@pytest.fixture
def server():
    started = fake_server.FakeServer()
    yield started
    started.stop()


@pytest.fixture
def client(server):
    with lianjie.connect(server.address, progress=False) as connected:
        yield connected
