#!/usr/bin/env bash
# fuzz.sh NAME SECONDS: runs build/fuzz/bin/NAME_fuzz from the corpus of the repository (tests/fuzz/corpus/NAME). New inputs
# go to build/fuzz/corpus/NAME, crashes to build/fuzz/crashes. NAME may be the path of the program. SEED repeats a run.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

name=$(basename "$1" _fuzz)
seconds=$2
seed=${SEED:-$((RANDOM * 32768 + RANDOM + 1))}
found=build/fuzz/corpus/$name
crashes=build/fuzz/crashes
log=build/fuzz/$name.log

corpora=("$found")
[[ -d tests/fuzz/corpus/$name ]] && corpora+=("tests/fuzz/corpus/$name")
words=()
[[ -f tests/fuzz/$name.dict ]] && words=(-dict="tests/fuzz/$name.dict")
mkdir -p "$found" "$crashes"

echo "fuzz $name: seed $seed, $seconds s"
status=0
"build/fuzz/bin/${name}_fuzz" -seed="$seed" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
  -print_final_stats=1 -artifact_prefix="$crashes/$name-" "${words[@]}" "${corpora[@]}" >"$log" 2>&1 </dev/null || status=$?

executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
covered=$(sed -n 's/^#.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
echo "fuzz $name: ${executions:-no} executions, ${covered:-no} code edges covered, exit $status"
if ((status != 0)); then
  tail -n 60 "$log"
  echo "fuzz $name: FAILED with seed $seed; input: $(sed -n 's/.*Test unit written to //p' "$log"); log: $log"
fi >&2
exit "$status"
