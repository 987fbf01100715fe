#!/usr/bin/env bash
# The tour that `make demo` gives: a synthetic county from nothing to answers. LIANJIE names the binary; DEMO_HOUSEHOLDS how many
# households (default 40000). Works in a folder of its own and removes it.
set -euo pipefail
lianjie=$(realpath "${LIANJIE:-build/release/bin/lianjie}")
households=${DEMO_HOUSEHOLDS:-40000}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export LIANJIE_DATA=$folder/county.data
unset LIANJIE_SERVER LIANJIE_GRAPH
begin=$(date +%s%N)

seconds() { awk -v ns="$(($(date +%s%N) - $1))" 'BEGIN { printf "%.1f", ns / 1e9 }'; }

# step TITLE COMMAND...: the title, the command as one would type it, what it prints, the time it took.
step() {
  local title=$1
  shift
  printf '\n== %s\n$ lianjie %s\n' "$title" "$*"
  local from
  from=$(date +%s%N)
  "$lianjie" "$@"
  printf -- '-- %s s\n' "$(seconds "$from")"
}

printf 'A synthetic county of %s households: nothing in it is about anybody.\n' "$households"
step "Generate a county" generate county --households "$households" --seed 1 --out county
step "Import it: all rows or none, durable" import --nodes county/nodes.csv --links county/links.csv \
  --regions county/regions.csv --lines county/lines.csv
step "What it holds" stats
step "Coverage by township: who is bound, and how well" run coverage --level 4 --limit 40
printf '\n== The left-out: who and why\n$ lianjie run left_out --format csv --out left_out.csv\n'
from=$(date +%s%N)
"$lianjie" run left_out --format csv --out left_out.csv
printf '%-6s %-14s %10s\n' class reason households
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
  { count[$at["class"] "," $at["reason"]]++ }
  END { for (key in count) { split(key, part, ","); printf "%-6s %-14s %10d\n", part[1], part[2], count[key] } }' left_out.csv | sort
printf '\nThe ten villages with most left-out households:\n'
awk -F, 'NR == FNR { name[$1] = $3; next }
  FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { count[$at["region"]]++ }
  END { for (village in count) printf "%6d  %s  %s\n", count[village], village, name[village] }' county/regions.csv left_out.csv |
  sort -k1,1nr -k2,2 | sed -n 1,10p
printf -- '-- %s s\n' "$(seconds "$from")"
step "The organisations on whom most benefit depends" run dependence --limit 10
step "The benefit ledger: every yuan accounted for" run benefit_flow --decompose role --limit 5
# Of the left-out of class L4 (bound, but fragile), the one to whom most benefit comes.
"$lianjie" run benefit_flow --format csv --out flow.csv
household=$(awk -F, 'FNR == 1 { file++; for (i = 1; i <= NF; i++) at[$i] = i; next }
  file == 1 { fragile[$at["node"]] = $at["class"] == "L4"; next }
  fragile[$at["node"]] && $at["indirect_yuan"] + 0 > best { best = $at["indirect_yuan"] + 0; node = $at["node"] }
  END { print node }' left_out.csv flow.csv)
step "The paths by which benefit reaches household $household" run explain_benefit --node "$household" --k 3
cat <<'TEXT'

== Serve it, and connect
$ lianjie serve --data county.data --listen 127.0.0.1:7443      (prints "listening on 127.0.0.1:7443")
$ lianjie run coverage --server 127.0.0.1:7443                  (from another terminal)
>>> import lianjie; lianjie.connect("127.0.0.1:7443").run("coverage").df      (from Python: clients/python)
TEXT
printf '\nDone in %s s.\n' "$(seconds "$begin")"
