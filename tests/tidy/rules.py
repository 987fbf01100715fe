"""The rules of the house. Each takes a Tree and gives the violations, as lines that name file, line and rule.

The floors of the house, from the ground up; an include may only point down:

    engine/core < engine/runtime < engine/graph < engine's families (and engine/generate)
    engine/core < storage
    engine, storage and the API (lianjie/v1) < server < clients/cli
"""

import pathlib
import re

from tree import CPP, Include, Tree

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 80  # "about 70": a function may run a little over before it has to be cut

ENGINE_RANK = {"core": 0, "runtime": 1, "graph": 2}  # all other folders of the engine: 3
GRPC = re.compile(r"^(grpc|grpcpp|grpc\+\+)/|^lianjie/.*\.grpc\.pb\.h$")
PROTOBUF = re.compile(r"^google/|\.pb\.h$|^lianjie/")
ROCKSDB = re.compile(r"^rocksdb/")
STORAGE_RECORDS = re.compile(r"^lianjie/storage/")
API = re.compile(r"^lianjie/(?!storage/)")


def _said(include: Include, rule: str) -> str:
    return f"{include.file}:{include.line}: includes {include.target}: {rule}"


def _folder(file: str) -> str:
    return pathlib.PurePosixPath(file).parent.as_posix()


def engine_is_pure(tree: Tree) -> list[str]:
    """engine/ includes no gRPC, protobuf or RocksDB header and nothing of the floors above it."""
    found = []
    for include in tree.includes():
        if not include.file.startswith("engine/"):
            continue
        if any(rule.search(include.target) for rule in (GRPC, PROTOBUF, ROCKSDB)):
            found.append(_said(include, "the engine knows no gRPC, protobuf or RocksDB"))
        elif include.target.startswith(("storage/", "server/", "clients/")):
            found.append(_said(include, "the engine knows nothing above it"))
    return found


_PRINTS = re.compile(r"std::(cout|cerr|clog|puts|printf|fprintf)\b|(?<![\w:])f?printf\(|\bfmt::print|\bspdlog::")


def engine_is_silent(tree: Tree) -> list[str]:
    """engine/ does not print: no <iostream>, no spdlog, no printf."""
    found = []
    for file in tree.with_suffix(*CPP):
        if not file.startswith("engine/"):
            continue
        for number, line in enumerate(tree.text(file).splitlines(), 1):
            code = line.split("//")[0]
            if _PRINTS.search(code) or re.search(r"#\s*include\s*<(iostream|print)>|#\s*include.*spdlog/", code):
                found.append(f"{file}:{number}: the engine does not print")
    return found


def engine_order(tree: Tree) -> list[str]:
    """core < runtime < graph < families: a folder includes none of a higher rank."""
    found = []
    for include in tree.includes():
        source, target = include.file.split("/"), include.target.split("/")
        if source[0] == target[0] == "engine" and len(source) > 2 and len(target) > 2:
            if ENGINE_RANK.get(target[1], 3) > ENGINE_RANK.get(source[1], 3):
                found.append(_said(include, "core < runtime < graph < families"))
    return found


def storage_keeps_to_itself(tree: Tree) -> list[str]:
    """storage/ includes no gRPC and no API header, of engine/ only engine/core, and shows its records in .cc files alone."""
    found = []
    for include in tree.includes():
        if not include.file.startswith("storage/"):
            continue
        if GRPC.search(include.target) or API.search(include.target):
            found.append(_said(include, "the store knows no gRPC and no API"))
        elif include.target.startswith("engine/") and not include.target.startswith("engine/core/"):
            found.append(_said(include, "of the engine the store knows engine/core alone"))
        elif include.target.startswith(("server/", "clients/")):
            found.append(_said(include, "the store knows nothing above it"))
        elif PROTOBUF.search(include.target) and include.file.endswith(".h"):
            found.append(_said(include, "records appear in .cc files alone"))
    return found


def only_server_knows_all(tree: Tree) -> list[str]:
    """RocksDB belongs to storage/, storage's records too, gRPC to server/ and clients/; server/ includes no client."""
    found = []
    for include in tree.includes():
        top = include.file.split("/")[0]
        if top in ("tests", "benchmarks"):
            continue
        if ROCKSDB.search(include.target) and top != "storage":
            found.append(_said(include, "only storage/ knows RocksDB"))
        elif STORAGE_RECORDS.search(include.target) and top != "storage":
            found.append(_said(include, "storage's records are its own"))
        elif include.target.startswith("storage/") and top not in ("storage", "server"):
            found.append(_said(include, "only server/ knows the store"))
        elif include.target.startswith("clients/") and top != "clients":
            found.append(_said(include, "nothing includes a client"))
    return found


def only_cli_links_server(tree: Tree) -> list[str]:
    """No client but the CLI includes or links server code, and the CLI sees of the engine core and generate alone."""
    found = []
    for include in tree.includes():
        if not include.file.startswith("clients/"):
            continue
        in_cli = include.file.startswith("clients/cli/")
        if include.target.startswith(("server/", "engine/")) and not in_cli:
            found.append(_said(include, "no client but the CLI links server code"))
        elif include.target.startswith("engine/") and include.target.split("/")[1] not in ("core", "generate"):
            found.append(_said(include, "clients reach analyses through the API"))
    for file in tree.files:
        if file.startswith("clients/") and not file.startswith("clients/cli/") and file.endswith("CMakeLists.txt"):
            if "lianjie_server" in tree.text(file):
                found.append(f"{file}: links lianjie_server: no client but the CLI links server code")
    return found


def no_cycles(tree: Tree) -> list[str]:
    """No cycle of includes between folders."""
    edges: dict[str, dict[str, Include]] = {}
    folders = {_folder(file) for file in tree.with_suffix(*CPP)}
    for include in tree.includes():
        source, target = _folder(include.file), _folder(include.target)
        if target in folders and source != target:
            edges.setdefault(source, {}).setdefault(target, include)

    found = []
    state: dict[str, int] = {}  # 1 on the path from the root, 2 done

    def visit(folder: str) -> None:
        state[folder] = 1
        for target, include in edges.get(folder, {}).items():
            if state.get(target) == 1:
                found.append(_said(include, f"closes a cycle between {folder} and {target}"))
            elif target not in state:
                visit(target)
        state[folder] = 2

    for folder in sorted(edges):
        if folder not in state:
            visit(folder)
    return found


def short_files(tree: Tree) -> list[str]:
    """Files of code have at most MAX_FILE_LINES lines. A proto is a reference page and may be longer."""
    found = []
    for file in tree.with_suffix(*CPP, ".py", ".sh", ".cmake", ".ts", ".go", ".java"):
        lines = len(tree.text(file).splitlines())
        if lines > MAX_FILE_LINES:
            found.append(f"{file}: {lines} lines: a file has at most {MAX_FILE_LINES}")
    return found


def short_functions(tree: Tree) -> list[str]:
    """Functions have at most MAX_FUNCTION_LINES lines."""
    return [
        f"{function.file}:{function.line}: {function.lines} lines: a function has at most {MAX_FUNCTION_LINES}"
        for function in tree.functions()
        if function.lines > MAX_FUNCTION_LINES
    ]


_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")


def no_dead_links(tree: Tree) -> list[str]:
    """Every relative link in a Markdown file leads to a file or folder of the tree."""
    found = []
    for file in tree.with_suffix(".md"):
        for number, line in enumerate(tree.text(file).splitlines(), 1):
            for link in _LINK.findall(line):
                path = link.split("#")[0]
                if re.match(r"[a-z]+:", link) or not path:
                    continue
                base = tree.root if path.startswith("/") else (tree.root / file).parent
                if not (base / path.lstrip("/")).exists():
                    found.append(f"{file}:{number}: dead link {link}")
    return found


# Written apart, so that this file does not break its own rule.
_MARKER = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
_MACHINE_PATH = re.compile(r"(?<![\w.~*{}$)/-])/(work|root|home)/|/tmp/(?=lianjie\b)")


def no_markers(tree: Tree) -> list[str]:
    """Nothing is left undone in the tree: no marker of work to come."""
    return _lines_that_match(tree, _MARKER, "a marker of work left undone")


def no_machine_paths(tree: Tree) -> list[str]:
    """No path of somebody's machine in the tree."""
    return _lines_that_match(tree, _MACHINE_PATH, "a path of one machine")


_TEXT = (*CPP, ".py", ".sh", ".cmake", ".md", ".txt", ".toml", ".proto", ".json", ".yaml", ".ts", ".go", ".java", ".csv", "")


def _lines_that_match(tree: Tree, pattern: re.Pattern, rule: str) -> list[str]:
    found = []
    for file in tree.with_suffix(*_TEXT):
        if file == "tests/tidy/test_of_the_rules.py":  # holds one example of each offence
            continue
        for number, line in enumerate(tree.text(file).splitlines(), 1):
            if match := pattern.search(line):
                found.append(f"{file}:{number}: {match.group(0)}: {rule}")
    return found


def no_disabled_tests(tree: Tree) -> list[str]:
    """No test is switched off; a test that cannot run skips itself with a reason."""
    pattern = re.compile(r"\bDISABLED" + r"_\w+|pytest\.mark\.(skip|xfail)\(")
    return _lines_that_match(tree, pattern, "a test that is switched off")


def one_binary(tree: Tree) -> list[str]:
    """Outside the build folder no executable file is named lianjie; the Python package installs no script of that name."""
    places = [tree.root / ".venv/bin/lianjie", *(tree.root / file for file in tree.files)]
    return [
        f"{path.relative_to(tree.root)}: a second executable named lianjie"
        for path in places
        if path.name == "lianjie" and path.is_file() and path.stat().st_mode & 0o111
    ]


RULES = [
    engine_is_pure,
    engine_is_silent,
    engine_order,
    storage_keeps_to_itself,
    only_server_knows_all,
    only_cli_links_server,
    no_cycles,
    short_files,
    short_functions,
    no_dead_links,
    no_markers,
    no_machine_paths,
    no_disabled_tests,
    one_binary,
]
