"""Generates the stubs of the API before the package is built: src/lianjie/v1/*_pb2*.py, their types, and descriptors.binpb,
the protos' descriptor with its comments, from which the client makes its typed methods and their help. The protos are the
checkout's, so there is one source for every client."""

import importlib.resources
import pathlib
import shutil
import sys
import sysconfig
import tempfile

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = pathlib.Path(__file__).resolve().parent
PROTOS = HERE.parents[1] / "proto"


def google_protos() -> pathlib.Path:
    """The folder that has googleapis-common-protos, wherever it was installed: pip builds in an environment of its own, which
    is on the path alone."""
    for folder in [*sys.path, sysconfig.get_paths()["purelib"]]:
        if pathlib.Path(folder, "google/longrunning/operations_proto.proto").exists():
            return pathlib.Path(folder)
    sys.exit("setup.py: googleapis-common-protos is not installed")


def generate(source: pathlib.Path) -> None:
    """Writes the stubs under `source`, the folder that holds the package."""
    from grpc_tools import protoc

    google = google_protos()
    with tempfile.TemporaryDirectory() as renamed:
        # The Python package carries operations.proto under another name than every other language's.
        alias = pathlib.Path(renamed, "google/longrunning/operations.proto")
        alias.parent.mkdir(parents=True)
        shutil.copy(google / "google/longrunning/operations_proto.proto", alias)
        common = [str(importlib.resources.files("grpc_tools") / "_proto"), renamed, str(google)]
        arguments = [
            "protoc",
            f"-I{PROTOS}",
            *(f"-I{folder}" for folder in common),
            f"--python_out={source}",
            f"--pyi_out={source}",
            f"--grpc_python_out={source}",
            "--include_source_info",
            f"--descriptor_set_out={source / 'lianjie/v1/descriptors.binpb'}",
            *(str(path) for path in sorted(PROTOS.rglob("*.proto"))),
        ]
        if protoc.main(arguments) != 0:
            sys.exit("setup.py: protoc failed")


class GenerateAndBuild(build_py):
    """build_py that generates the stubs first."""

    def run(self):
        if not PROTOS.is_dir():
            sys.exit(f"setup.py: no protos at {PROTOS}; build from a checkout")
        generate(HERE / "src")
        super().run()


if __name__ == "__main__":
    setup(cmdclass={"build_py": GenerateAndBuild})
