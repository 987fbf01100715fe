#!/usr/bin/env bash
# The tour that `make demo` gives: a synthetic county from nothing to answers. LIANJIE names the binary; DEMO_HOUSEHOLDS how many
# households (default 40000). Works in build/demo, which it makes anew and leaves there to be asked and served.
set -euo pipefail
root=$(realpath "$(dirname "$0")/../..")
lianjie=$(realpath --relative-base="$root" "${LIANJIE:-$root/build/release/bin/lianjie}")
cd "$root"
households=${DEMO_HOUSEHOLDS:-40000}
folder=build/demo
rm -rf "$folder"
mkdir -p "$folder"
export LIANJIE_DATA=$folder/county.data
unset LIANJIE_SERVER LIANJIE_GRAPH
begin=$(date +%s%N)

seconds() { awk -v ns="$(($(date +%s%N) - $1))" 'BEGIN { printf "%.1f", ns / 1e9 }'; }

# say TITLE COMMAND...: the title, the command as one would type it.
say() {
  printf '\n== %s\n$ %s %s\n' "$1" "$lianjie" "${*:2}"
}

# step TITLE COMMAND...: the same, what it prints, the time it took.
step() {
  say "$@"
  local from
  from=$(date +%s%N)
  "$lianjie" "${@:2}"
  printf -- '-- %s s\n' "$(seconds "$from")"
}

printf 'A synthetic county of %s households: nothing in it is about anybody.\n' "$households"
printf '$ export LIANJIE_DATA=%s\n' "$LIANJIE_DATA"
step "Generate a county" generate county --households "$households" --seed 1 --out "$folder/county"
step "Import it: all rows or none, durable" import --nodes "$folder/county/nodes.csv" --links "$folder/county/links.csv" \
  --regions "$folder/county/regions.csv" --lines "$folder/county/lines.csv"
step "What it holds" stats
step "Coverage by township: who is bound, and how well" run coverage --level 4 --limit 40
say "The left-out: who and why" run left_out --format csv --out "$folder/left_out.csv"
from=$(date +%s%N)
"$lianjie" run left_out --format csv --out "$folder/left_out.csv"
printf '%-6s %-14s %10s\n' class reason households
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
  { count[$at["class"] "," $at["reason"]]++ }
  END { for (key in count) { split(key, part, ","); printf "%-6s %-14s %10d\n", part[1], part[2], count[key] } }' \
  "$folder/left_out.csv" | sort
printf '\nThe ten villages with most left-out households:\n'
awk -F, 'NR == FNR { name[$1] = $3; next }
  FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { count[$at["region"]]++ }
  END { for (village in count) printf "%6d  %s  %s\n", count[village], village, name[village] }' \
  "$folder/county/regions.csv" "$folder/left_out.csv" | sort -k1,1nr -k2,2 | sed -n 1,10p
printf -- '-- %s s\n' "$(seconds "$from")"
step "The organisations on whom most benefit depends" run dependence --limit 10
step "The benefit ledger: every yuan accounted for" run benefit_flow --limit 3
say "The households' benefit by the role in which it comes" run benefit_flow --decompose role --format csv --out "$folder/flow.csv"
from=$(date +%s%N)
"$lianjie" run benefit_flow --decompose role --format csv --out "$folder/flow.csv"
printf '%-24s %14s %10s\n' role yuan households
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) { at[$i] = i; if ($i ~ /^role_/) role[i] = $i }; next }
  $at["kind"] == "HOUSEHOLD" { for (i in role) if ($i + 0 > 0) { yuan[i] += $i; count[i]++ } }
  END { for (i in role) printf "%-24s %14.2f %10d\n", role[i], yuan[i], count[i] }' "$folder/flow.csv" | sort -k2,2nr
printf -- '-- %s s\n' "$(seconds "$from")"
# Of the left-out of class L4 (bound, but fragile), the one to whom most benefit comes.
household=$(awk -F, 'FNR == 1 { file++; for (i = 1; i <= NF; i++) at[$i] = i; next }
  file == 1 { fragile[$at["node"]] = $at["class"] == "L4"; next }
  fragile[$at["node"]] && $at["indirect_yuan"] + 0 > best { best = $at["indirect_yuan"] + 0; node = $at["node"] }
  END { print node }' "$folder/left_out.csv" "$folder/flow.csv")
step "The paths by which benefit reaches household $household" run explain_benefit --node "$household" --k 3
cat <<TEXT

== Serve it, and connect (from $root)
\$ $lianjie serve --data $LIANJIE_DATA --listen 127.0.0.1:7443      (prints "listening on 127.0.0.1:7443")
\$ $lianjie run coverage --server 127.0.0.1:7443      (from another terminal)
\$ python3 -m venv build/venv && build/venv/bin/pip install ./clients/python
\$ build/venv/bin/python -c 'import lianjie; print(lianjie.connect("127.0.0.1:7443").run("coverage").df)'
TEXT
printf '\nDone in %s s.\n' "$(seconds "$begin")"
