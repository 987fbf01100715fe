#!/usr/bin/env bash
# venv.sh build|test|compare: makes the virtual environment .venv and installs the pinned requirements into it. The build
# needs only the google protos; the tests need a Python client's libraries and the oracles; the libraries that benchmarks
# compare with have an environment of their own, .venv-compare. Done in a moment when a stamp says that the same
# requirements are in.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
what=${1:-build}
venv=$root/.venv
if [[ $what == compare ]]; then
  venv=$root/.venv-compare
fi
requirements=$root/scripts/requirements-$what.txt
stamp=$venv/.installed-$what
if [[ -f $stamp ]] && cmp -s "$requirements" "$stamp"; then
  exit 0
fi

if [[ ! -x $venv/bin/python ]] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  # Debian's python is preferred; any other python3 that can make an environment does as well.
  for python in /usr/bin/python3 python3; do
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
      break
    fi
  done
  rm -rf "$venv"
  "$python" -m venv "$venv"
fi
echo "Installing the Python requirements of $(basename "$requirements") into $(basename "$venv")" >&2
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --retries 5 --requirement "$requirements"

# The Python package carries operations.proto under another name than every other language's; protos import the usual one.
protos=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/google/longrunning
if [[ -d $protos && ! -f $protos/operations.proto ]]; then
  cp "$protos/operations_proto.proto" "$protos/operations.proto"
fi
cp "$requirements" "$stamp"
