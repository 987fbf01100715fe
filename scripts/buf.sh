#!/usr/bin/env bash
# buf.sh [ARGUMENT...]: runs buf, the linter and formatter of protos, from the npm package pinned in tests/tidy. Without
# arguments it only installs it, and does nothing when the pinned version is in.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
tidy=$root/tests/tidy
stamp=$tidy/node_modules/.installed
if ! cmp -s "$tidy/package-lock.json" "$stamp"; then
  echo "Installing buf into tests/tidy/node_modules" >&2
  (cd "$tidy" && npm ci --loglevel=error --no-audit --no-fund --ignore-scripts)
  cp "$tidy/package-lock.json" "$stamp"
fi
if (($# > 0)); then
  exec "$tidy"/node_modules/@bufbuild/buf-linux-*/bin/buf "$@"
fi
