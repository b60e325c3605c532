#!/usr/bin/env bash
# Runs every fuzz target of the project for the given time, one after another.
set -euo pipefail

grep -rlE '^func Fuzz' --include='*_test.go' . | sort | while read -r file; do
  for target in $(grep -oE '^func Fuzz[A-Za-z0-9_]*' "$file" | awk '{print $2}'); do
    echo "== $target ($(dirname "$file"))"
    go test -run='^$' -fuzz="^$target\$" -fuzztime="$1" "$(dirname "$file")"
  done
done
