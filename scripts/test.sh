#!/usr/bin/env bash
# test.sh: runs every test of a build that is done, and ends with one line of counts over all of them. Goes on after a
# failure, so that one run tells all; shows the figures that tests print (-rP). PRESET chooses the build (release).
set -uo pipefail
cd "$(dirname "$0")/.."
build=$PWD/build/${PRESET:-release}
reports=$build/reports
python=$PWD/.venv/bin/python
export LIANJIE=$build/bin/lianjie LIANJIE_BUILD_DIR=$build
rm -rf "$reports"
mkdir -p "$reports"

started=$SECONDS
ctest --test-dir "$build" --output-on-failure --no-tests=ignore -j "$(nproc)"
echo "ctest $?" >>"$reports/exit_codes"
echo "C++ tests took $((SECONDS - started)) s"
ctest --test-dir "$build" --show-only=json-v1 >"$reports/ctest.json"

for suite in tests/tidy tests/compare tests/e2e tests/faults clients/python/tests; do
  [[ -d $suite ]] || continue
  started=$SECONDS
  name=pytest_${suite//\//_}
  "$python" -m pytest -q -rsP --color=no -p no:cacheprovider --durations=5 --durations-min=5 \
    --junitxml="$reports/$name.xml" -o junit_family=xunit2 "$suite"
  echo "$name $?" >>"$reports/exit_codes"
  echo "$suite took $((SECONDS - started)) s"
done
exec "$python" scripts/closing_line.py "$reports"
