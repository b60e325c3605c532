#!/usr/bin/env bash
# Runs the race detector over the packages touched since the main branch was
# last pushed, or in the work tree; over all if that cannot be told.
set -euo pipefail

base=$(git rev-parse --verify -q origin/main || git rev-parse --verify -q HEAD~1 || true)
if [ -z "$base" ]; then
  exec go test -race ./...
fi
dirs=$( { git diff --name-only "$base" -- '*.go'; git ls-files -o --exclude-standard -- '*.go'; } |
  xargs -r -n1 dirname | sort -u)
packages=()
for d in $dirs; do
  [ -d "$d" ] && [[ $d != tools* ]] && packages+=("./$d")
done
[ ${#packages[@]} -eq 0 ] && { echo "no Go package was touched"; exit 0; }
exec go test -race "${packages[@]}"
