#!/usr/bin/env bash
# Runs every fuzz target of the module for the time in $1: `go test -fuzz` takes one target of one package at a time.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${1:-30s}
grep -rn --include='*_test.go' -E '^func Fuzz[A-Za-z0-9_]*\(' ./internal ./api ./cmd |
  sed -E 's|^(.*)/[^/]*:[0-9]+:func (Fuzz[A-Za-z0-9_]*)\(.*|\1 \2|' |
  while read -r package target; do
    echo "$package: $target for $time"
    go test "$package" -run='^$' -fuzz="^$target\$" -fuzztime="$time" </dev/null
  done
