"""Sums the reports of all test runs into one closing line, `N passed, N failed, N skipped`.

GoogleTest and pytest both write JUnit's XML. What has no report (a crash, a time-out, a program that did not start) or
ended with an error that its report does not show counts as one failure, so that the line can never be better than the
truth. Exits with 1 on any failure, and when nothing was run.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def count(report: pathlib.Path) -> tuple[int, int, int]:
    """Cases passed, failed and skipped; a case that GoogleTest was told not to run counts as skipped."""
    passed = failed = skipped = 0
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main(folder: pathlib.Path) -> int:
    totals = [0, 0, 0]
    exit_codes = dict(line.split() for line in (folder / "exit_codes").read_text().splitlines())
    programs = [test["name"] for test in json.loads((folder / "ctest.json").read_text())["tests"]]
    runs = {"ctest": programs, **{name: [name] for name in exit_codes if name != "ctest"}}
    for run, names in runs.items():
        failed_before = totals[1]
        for name in names:
            try:
                counts = count(folder / f"{name}.xml")
            except (FileNotFoundError, ElementTree.ParseError):
                print(f"{name}: ended without a report")
                counts = (0, 1, 0)
            totals = [total + more for total, more in zip(totals, counts)]
        if exit_codes[run] != "0" and totals[1] == failed_before:
            print(f"{run}: exit code {exit_codes[run]} without a failed case")
            totals[1] += 1
    print("{} passed, {} failed, {} skipped".format(*totals))
    return 0 if totals[1] == 0 and totals[0] > 0 else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
