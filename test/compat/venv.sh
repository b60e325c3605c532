#!/bin/sh
# Makes .venv/compat-NAME from requirements-NAME.txt when it is missing or older than the list; prints its Python.
set -eu

name=${1:?usage: venv.sh newest|2.1.7}
here=$(cd "$(dirname "$0")" && pwd)
list="$here/requirements-$name.txt"
venv="$here/../../.venv/compat-$name"
want=$(cksum <"$list")

if [ "$(cat "$venv/.requirements" 2>/dev/null)" != "$want" ]; then
	rm -rf "$venv"
	python3 -m venv "$venv"
	"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$list" >&2
	echo '*' >"$venv/.gitignore"
	echo "$want" >"$venv/.requirements"
fi
echo "$venv/bin/python"
