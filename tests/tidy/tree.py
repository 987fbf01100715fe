"""The tree as the rules see it: the files that are ours, their includes and their functions."""

import ast
import dataclasses
import os
import pathlib
import re

# What a build, an installer or a tool leaves in the checkout; none of it is ours to judge.
NOT_OURS = {".git", ".venv", ".venv-compare", "build", "node_modules", "__pycache__", ".pytest_cache", ".cache", ".ruff_cache"}
CPP = {".cc", ".h"}
_INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


@dataclasses.dataclass(frozen=True)
class Include:
    """One #include line: where it stands and what it names."""

    file: str
    line: int
    target: str


@dataclasses.dataclass(frozen=True)
class Function:
    """One function: where it begins and how many lines it has."""

    file: str
    line: int
    lines: int


class Tree:
    """Files under a root, by their paths relative to it with forward slashes."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.files = sorted(self._walk())

    def _walk(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = [f for f in folders if f not in NOT_OURS and not f.endswith(".egg-info")]
            for name in names:
                if re.search(r"_pb2(_grpc)?\.pyi?$", name):
                    continue  # generated from the protos
                path = pathlib.Path(folder, name)
                if not path.is_symlink():
                    yield path.relative_to(self.root).as_posix()

    def text(self, file: str) -> str:
        """A file as text; empty when it is not UTF-8."""
        try:
            return (self.root / file).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return ""

    def with_suffix(self, *suffixes: str) -> list[str]:
        return [file for file in self.files if pathlib.PurePosixPath(file).suffix in suffixes]

    def includes(self) -> list[Include]:
        found = []
        for file in self.with_suffix(*CPP):
            for number, line in enumerate(self.text(file).splitlines(), 1):
                if match := _INCLUDE.match(line):
                    found.append(Include(file, number, match.group(1)))
        return found

    def functions(self) -> list[Function]:
        found = []
        for file in self.with_suffix(*CPP):
            found += [Function(file, *span) for span in _cpp_functions(self.text(file).splitlines())]
        for file in self.with_suffix(".py"):
            for node in ast.walk(ast.parse(self.text(file) or "pass")):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    found.append(Function(file, node.lineno, node.end_lineno - node.lineno + 1))
        return found


_OPENS_OTHER = re.compile(r"^\s*(namespace|class|struct|union|enum|extern|template|using|#|//|/\*|\*)\b")


_HEAD = re.compile(r"^[^=(]*(operator=*)?\(")  # an = before the first parenthesis makes it a table, not a function


def _cpp_functions(lines: list[str]):
    """(first line, length) of each function, read off clang-format's layout: a body ends at the first brace that closes at
    the indentation at which its head began, and heads stand at an indentation of 0 (namespaces do not indent) or 2 (classes)."""
    for indent in ("", "  "):
        head = None
        for number, line in enumerate(lines, 1):
            if line.startswith(indent) and line[len(indent) : len(indent) + 1].strip():
                if line[len(indent)] == "}" and head is not None:
                    yield head, number - head + 1
                    head = None
                elif _HEAD.match(line) and not _OPENS_OTHER.match(line) and not line.rstrip().endswith(";"):
                    head = number
                elif line.rstrip().endswith(";") or _OPENS_OTHER.match(line):
                    head = None
