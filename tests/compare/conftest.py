"""The comparison's own modules, as its programs see them."""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks/compare"))

BINARIES = pathlib.Path(os.environ.get("LIANJIE_BUILD_DIR", ROOT / "build/release")) / "bin"
