#!/usr/bin/env bash
# Installs the Debian packages that the tests need and the machine lacks.
# Without root it prints the line to run and stops.
set -euo pipefail

missing=()
command -v gcc >/dev/null || missing+=(gcc libc6-dev)
command -v curl >/dev/null || missing+=(curl)
command -v openssl >/dev/null || missing+=(openssl)
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx-light)
# Only its programs are used: the cluster that the package makes is left alone.
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
# Azurite, the server for tests of Azure, is a program for Node.
command -v npm >/dev/null || missing+=(nodejs npm)
# The browser that the pages of the web app are tested in.
command -v chromium >/dev/null || [ -n "${CHROMIUM:-}" ] || missing+=(chromium)

# Object stores for tests, as pinned in tools/servers.mod and test/objectstore.
servers() {
  local top; top=$(cd "$(dirname "$0")/.." && pwd)
  (cd "$top" && for name in versitygw fake-gcs-server; do go tool -modfile=tools/servers.mod -n "$name" >/dev/null; done)
  cd "$top/test/objectstore/azurite"
  # Of all that npm installs only a run that came to its end leaves this file.
  cmp -s package-lock.json node_modules/.installed && return
  npm ci --no-audit --no-fund --omit=optional --ignore-scripts --loglevel=error
  cp package-lock.json node_modules/.installed
}
if [ ${#missing[@]} -eq 0 ]; then
  servers
  exit 0
fi

line="apt-get install -y --no-install-recommends ${missing[*]}"
if ! command -v apt-get >/dev/null; then
  echo "these are missing and this is no Debian: ${missing[*]}" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "some packages are missing; please run: sudo $line" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# The lists may be old or absent on a fresh machine: refresh them once.
$line >/dev/null 2>&1 || { apt-get update -qq && $line >/dev/null; }
servers
