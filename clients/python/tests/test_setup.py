"""The package is built by pip in an environment of its own, where nothing lies in the interpreter's own folders."""

import importlib.util
import pathlib
import sysconfig

ROOT = pathlib.Path(__file__).resolve().parents[1]


def test_stubs_are_generated_from_packages_on_the_path_alone(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("client_setup", ROOT / "setup.py")
    setup = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(setup)
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"purelib": str(tmp_path / "nothing")})
    (tmp_path / "lianjie/v1").mkdir(parents=True)
    setup.generate(tmp_path)
    made = {file.name for file in (tmp_path / "lianjie/v1").iterdir()}
    assert {"graph_service_pb2.py", "graph_service_pb2_grpc.py", "graph_pb2.pyi", "descriptors.binpb"} <= made
