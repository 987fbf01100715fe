"""buf lints and formats the protos: the API's and storage's records."""

import pathlib
import subprocess
import sysconfig

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUF = ROOT / "scripts" / "buf.sh"
FOLDERS = ["proto", "storage/proto"]


def _protos(folder: str) -> list[str]:
    return sorted(path.relative_to(ROOT / folder).as_posix() for path in (ROOT / folder).rglob("*.proto"))


def _run(*command: str | pathlib.Path) -> str:
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.mark.parametrize("folder", FOLDERS)
def test_lint(folder, tmp_path):
    protos = _protos(folder)
    assert protos, f"{folder} has no protos"
    image = tmp_path / "image.binpb"
    google = sysconfig.get_paths()["purelib"]
    _run("protoc", "-I", google, "-I", folder, "--include_imports", "--include_source_info", "-o", image, *protos)
    _run(BUF, "lint", image, "--config", "buf.yaml")


@pytest.mark.parametrize("folder", FOLDERS)
def test_format(folder):
    """buf format changes nothing; `make format` puts it right."""
    _run(BUF, "format", "--diff", "--exit-code", folder)
