"""Real tables into a server's graph by the project's mapping files, and the figures that the tests find out about them. Each
test prints its figures, which pytest shows with -rP, as `make test` does; docs/real-data.md has them."""

import pathlib

import harness
import pandas as pd

MAPPINGS = harness.ROOT / "clients" / "cli" / "mappings"


def load(server: harness.Server, graph: str, mapping: str, *files: pathlib.Path) -> dict:
    """Imports files through a mapping file; gives what was created."""
    arguments = ["--graph", graph, "--mapping", MAPPINGS / mapping, "--input", *files, "--format", "json"]
    return harness.ok("import", "--server", server.address, *arguments).json()


def table(path: pathlib.Path) -> pd.DataFrame:
    """A CSV file as texts; empty cells are empty texts."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def say(*lines: str) -> None:
    """Prints figures."""
    print("", *lines, sep="\n  ")
