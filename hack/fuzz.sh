#!/usr/bin/env bash
# Runs every fuzz target of the module for the time in $1: `go test -fuzz` takes one target of one package at a time.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${1:-30s}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# fuzz runs the target $2 of the package $1.
fuzz() {
  go test "$1" -run='^$' -fuzz="^$2\$" -fuzztime="$time" </dev/null 2>&1 | tee "$log"
}

# Before Go 1.27 a target may fail with this because its time is up (golang/go#75804). What fuzzing finds is written down.
outOfTime() {
  grep -qx ' *context deadline exceeded' "$log" && ! grep -q 'Failing input written' "$log"
}

grep -rn --include='*_test.go' -E '^func Fuzz[A-Za-z0-9_]*\(' ./internal ./api ./cmd |
  sed -E 's|^(.*)/[^/]*:[0-9]+:func (Fuzz[A-Za-z0-9_]*)\(.*|\1 \2|' |
  while read -r package target; do
    echo "$package: $target for $time"
    if ! fuzz "$package" "$target"; then
      outOfTime || exit 1
      echo "$package: $target once more, for the clock alone stopped it"
      fuzz "$package" "$target"
    fi
  done
