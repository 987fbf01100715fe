"""Holds the tree to the rules of the house."""

import pathlib
import subprocess

import pytest

from rules import RULES
from tree import CPP, Tree

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule(rule):
    violations = rule(Tree(ROOT))
    assert not violations, f"{rule.__doc__}\n" + "\n".join(violations)


def test_format():
    """clang-format changes nothing; `make format` puts it right."""
    files = Tree(ROOT).with_suffix(*CPP)
    if not files:
        return
    run = subprocess.run(
        ["clang-format", "--dry-run", "--ferror-limit=1", *files], cwd=ROOT, capture_output=True, text=True, check=False
    )
    off = sorted({line.split(":")[0] for line in run.stderr.splitlines() if "clang-format-violations" in line})
    assert run.returncode == 0, run.stderr
    assert not off, "not as clang-format lays it out (`make format` does it):\n" + "\n".join(off)
