"""A test of the test: in a copy of the tree, one offence against each rule makes that rule speak, and names the file."""

import pathlib
import shutil

import pytest

import rules
from tree import NOT_OURS, Tree

ROOT = pathlib.Path(__file__).resolve().parents[2]
LONG_BODY = "  f();\n" * (rules.MAX_FUNCTION_LINES + 1)

OFFENCES = [
    (rules.engine_is_pure, {"engine/core/bad.h": "#include <grpcpp/grpcpp.h>\n"}),
    (rules.engine_is_pure, {"engine/flow/bad.cc": "#include <google/protobuf/message.h>\n"}),
    (rules.engine_is_pure, {"engine/paths/bad.cc": '#include "rocksdb/db.h"\n'}),
    (rules.engine_is_pure, {"engine/graph/bad.cc": '#include "lianjie/v1/graph.pb.h"\n'}),
    (rules.engine_is_pure, {"engine/graph/bad.cc": '#include "storage/store.h"\n'}),
    (rules.engine_is_silent, {"engine/core/bad.cc": "#include <iostream>\n"}),
    (rules.engine_is_silent, {"engine/core/bad.cc": 'void f() { printf("x"); }\n'}),
    (rules.engine_order, {"engine/core/bad.h": '#include "engine/graph/snapshot.h"\n'}),
    (rules.engine_order, {"engine/runtime/bad.h": '#include "engine/graph/snapshot.h"\n'}),
    (rules.engine_order, {"engine/graph/bad.cc": '#include "engine/flow/benefit_flow.h"\n'}),
    (rules.storage_keeps_to_itself, {"storage/bad.cc": "#include <grpcpp/grpcpp.h>\n"}),
    (rules.storage_keeps_to_itself, {"storage/bad.cc": '#include "lianjie/v1/graph.pb.h"\n'}),
    (rules.storage_keeps_to_itself, {"storage/bad.cc": '#include "engine/graph/snapshot.h"\n'}),
    (rules.storage_keeps_to_itself, {"storage/bad.h": '#include "lianjie/storage/v1/records.pb.h"\n'}),
    (rules.storage_keeps_to_itself, {"storage/bad.cc": '#include "server/service.h"\n'}),
    (rules.only_server_knows_all, {"server/bad.cc": "#include <rocksdb/db.h>\n"}),
    (rules.only_server_knows_all, {"server/bad.cc": '#include "lianjie/storage/v1/records.pb.h"\n'}),
    (rules.only_server_knows_all, {"clients/cli/bad.cc": '#include "storage/store.h"\n'}),
    (rules.only_server_knows_all, {"server/bad.cc": '#include "clients/cli/output.h"\n'}),
    (rules.only_cli_links_server, {"clients/web/bad.cc": '#include "server/service.h"\n'}),
    (rules.only_cli_links_server, {"clients/web/CMakeLists.txt": "target_link_libraries(web lianjie_server)\n"}),
    (rules.only_cli_links_server, {"clients/cli/bad.cc": '#include "engine/flow/benefit_flow.h"\n'}),
    (
        rules.no_cycles,
        {
            "engine/flow/bad.h": '#include "engine/coverage/bad.h"\n',
            "engine/coverage/bad.h": '#include "engine/flow/bad.h"\n',
        },
    ),
    (rules.short_files, {"server/bad.cc": "int x;\n" * (rules.MAX_FILE_LINES + 1)}),
    (rules.short_functions, {"server/bad.cc": "namespace a {\nvoid g() {\n" + LONG_BODY + "}\n}\n"}),
    (rules.short_functions, {"server/bad.h": "class A {\n  void g() {\n" + LONG_BODY.replace("  ", "    ") + "  }\n};\n"}),
    (rules.short_functions, {"server/bad.cc": "void A::g(int a,\n          int b) {\n" + LONG_BODY + "}\n"}),
    (rules.short_functions, {"clients/python/bad.py": "def g():\n" + LONG_BODY.replace("f();", "f()").replace("  ", "    ")}),
    (rules.no_dead_links, {"docs/bad.md": "See [the page](nowhere.md) for more.\n"}),
    (rules.no_markers, {"server/bad.cc": "// TODO: finish\n"}),
    (rules.no_machine_paths, {"docs/bad.md": "Run it in /home/somebody/lianjie.\n"}),
    (rules.no_disabled_tests, {"tests/server/bad_test.cc": "TEST(A, DISABLED_b) {}\n"}),
    (rules.one_binary, {"clients/python/lianjie": "#!/bin/sh\n"}),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree") / "copy"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*NOT_OURS, "*.gz"))
    return root


@pytest.mark.parametrize(
    ("rule", "files"), OFFENCES, ids=[f"{rule.__name__}-{'+'.join(files)}-{i}" for i, (rule, files) in enumerate(OFFENCES)]
)
def test_offence_is_named(copy, rule, files):
    before = rule(Tree(copy))
    try:
        for name, text in files.items():
            path = copy / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            if path.name == "lianjie":
                path.chmod(0o755)
        added = [violation for violation in rule(Tree(copy)) if violation not in before]
    finally:
        for name in files:
            (copy / name).unlink()
    assert added and any(name in violation for violation in added for name in files), added


def test_every_rule_has_an_offence():
    assert {rule for rule, _ in OFFENCES} == set(rules.RULES)


def test_a_function_of_the_right_length_is_let_through(copy):
    path = copy / "server/good.cc"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("void g() {\n" + "  f();\n" * 60 + "}\n\n" + "void h() {\n" + "  f();\n" * 60 + "}\n", encoding="utf-8")
    try:
        assert not [v for v in rules.short_functions(Tree(copy)) if "good.cc" in v]
    finally:
        path.unlink()
