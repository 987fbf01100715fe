#!/usr/bin/env bash
# install.sh build|test: installs what is missing of the Debian packages listed beside this file. When nothing is
# missing it asks dpkg alone and is done in a moment. node and npm, which only buf needs, are taken from Debian only
# where the machine has none.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lists=("$here/packages-build.txt")
if [[ ${1:-build} == test ]]; then
  lists+=("$here/packages-test.txt")
fi
mapfile -t wanted < <(grep -hv '^#' "${lists[@]}")
if [[ ${1:-build} == test ]] && ! command -v npm >/dev/null; then
  wanted+=(nodejs npm)
fi

if ! command -v dpkg-query >/dev/null; then
  echo "install.sh: this is not a Debian machine; install the packages of ${lists[*]} by hand" >&2
  exit 0
fi
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/^installed //p' || true)
missing=()
for package in "${wanted[@]}"; do
  grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  exit 0
fi

sudo=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "install.sh: these packages are missing, and neither root nor sudo is at hand: ${missing[*]}" >&2
    exit 1
  fi
  sudo=(sudo)
fi
echo "Installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
apt_get=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3)
"${apt_get[@]}" update
"${apt_get[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
