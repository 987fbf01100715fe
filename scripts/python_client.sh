#!/usr/bin/env bash
# python_client.sh: installs clients/python into .venv, editable, so that its tests and the end-to-end tests import it. Its
# stubs are generated from the protos, so it is done again when they or its own description change.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
client=$root/clients/python
stamp=$root/.venv/.installed-client
if [[ ! -f $client/pyproject.toml ]]; then
  exit 0
fi
mapfile -t sources < <(find "$root/proto" "$client" -maxdepth 3 \( -name '*.proto' -o -name pyproject.toml -o -name setup.py -o -name 'generate*.py' \) | sort)
digest=$(cat "${sources[@]}" | sha256sum)
if [[ -f $stamp && $(<"$stamp") == "$digest" ]]; then
  exit 0
fi
echo "Installing clients/python into .venv" >&2
"$root/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable "$client"
echo "$digest" >"$stamp"
