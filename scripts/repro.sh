#!/usr/bin/env bash
# repro.sh BOARD: builds the board twice, from clean git checkouts in folders with different names, and compares the programs
# byte by byte. The trees stay in build/repro. Sources and sysroots are unpacked again for each, from the existing downloads.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

board=$1
trees=(build/repro/one "build/repro/another-with-a-longer-name")
MOTE_DOWNLOADS=${MOTE_DOWNLOADS:-$PWD/build/downloads}
# For tools that write the build time into a file.
SOURCE_DATE_EPOCH=$(git -c safe.directory="$PWD" log -1 --format=%ct)
export MOTE_DOWNLOADS SOURCE_DATE_EPOCH

rm -rf build/repro
for tree in "${trees[@]}"; do
  mkdir -p "$tree"
  git -c safe.directory="$PWD" ls-files -z | tar --null --files-from=- -cf - | tar -xf - -C "$tree"
  # Otherwise a build without git has the version of a release.
  /usr/bin/python3 cmake/version.py >"$tree/version.txt"
  echo "== $board in $tree" >&2
  (
    cd "$tree"
    # The first build may use a compiler cache; the second one does not.
    [[ $tree == "${trees[0]}" ]] || export CCACHE_DISABLE=1
    cmake --preset "$board" && cmake --build --preset "$board"
  ) >"$tree.log" 2>&1 || {
    tail -n 20 "$tree.log" >&2
    exit 1
  }
done

differ=0
for program in "${trees[0]}/build/$board/bin"/*; do
  name=$(basename "$program")
  # A linker map contains random names of temporary files, a call graph (.ci) the names of folders.
  [[ $name == *.map || $name == *.ci ]] && continue
  if cmp "$program" "${trees[1]}/build/$board/bin/$name"; then
    sha256sum "$program" | sed "s|  .*|  $name: the same from both trees|"
  else
    differ=1
  fi
done
exit "$differ"
