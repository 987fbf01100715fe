"""The closing line of `make test` is never better than the truth."""

import json
import pathlib
import subprocess
import sys

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "closing_line.py"
GTEST = """<testsuites><testsuite name="A">
<testcase name="a" status="run"/><testcase name="b" status="run"><failure message="x"/></testcase>
<testcase name="c" status="run"><skipped message="why"/></testcase><testcase name="d" status="notrun"/>
</testsuite></testsuites>"""
PASSED = '<testsuites><testsuite name="p"><testcase name="a"/><testcase name="b"/></testsuite></testsuites>'


def _closing_line(folder, reports, programs, exit_codes):
    for name, text in reports.items():
        (folder / f"{name}.xml").write_text(text)
    (folder / "ctest.json").write_text(json.dumps({"tests": [{"name": name} for name in programs]}))
    (folder / "exit_codes").write_text("".join(f"{name} {code}\n" for name, code in exit_codes.items()))
    run = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True, check=False)
    return run.stdout.splitlines()[-1], run.returncode


def test_sums_both_kinds(tmp_path):
    line = _closing_line(tmp_path, {"g": GTEST, "p": PASSED}, ["g"], {"ctest": 8, "p": 0})
    assert line == ("3 passed, 1 failed, 2 skipped", 1)


def test_all_passed(tmp_path):
    assert _closing_line(tmp_path, {"p": PASSED}, [], {"ctest": 0, "p": 0}) == ("2 passed, 0 failed, 0 skipped", 0)


def test_a_missing_report_is_a_failure(tmp_path):
    assert _closing_line(tmp_path, {"p": PASSED}, ["g"], {"ctest": 8, "p": 0}) == ("2 passed, 1 failed, 0 skipped", 1)


def test_an_exit_code_that_no_case_explains_is_a_failure(tmp_path):
    assert _closing_line(tmp_path, {"p": PASSED}, [], {"ctest": 0, "p": 3}) == ("2 passed, 1 failed, 0 skipped", 1)


def test_no_test_at_all_is_no_success(tmp_path):
    assert _closing_line(tmp_path, {}, [], {"ctest": 0}) == ("0 passed, 0 failed, 0 skipped", 1)
