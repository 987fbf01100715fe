"""The short form of `make manners`: its table has a row for every analysis that the binary offers, and none of them fails."""

import json
import os
import re
import subprocess
from pathlib import Path

PROGRAM = Path(os.environ["LIANJIE_BUILD_DIR"]) / "bin" / "manners_benchmark"
CASE = re.compile(r"^\| `(\w+) \{")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=300, check=False)


def test_every_analysis_has_a_row():
    listed = subprocess.run([os.environ["LIANJIE"], "analyses", "--format", "json"], capture_output=True, text=True, check=True)
    offered = {one["name"] for one in json.loads(listed.stdout)["analyses"]}
    done = run("--households", "1500", "--seconds", "5")
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in done.stdout
    assert {match[1] for line in done.stdout.splitlines() if (match := CASE.match(line))} == offered


def test_a_wrong_option_is_named():
    done = run("--house", "1500")
    assert done.returncode == 2
    assert "--house" in done.stderr
