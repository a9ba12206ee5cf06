#!/usr/bin/env bash
# Rebuilds the components that link or do not, into the folder given (this one without):
# one for each .wit file here, which has its world and dummy code that traps.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=$(realpath "${1:-.}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/wasm-tools" go.bytecodealliance.org/internal/cmd/wasm-tools
cp ./*.wit "$work"
cd "$work"
for wit in *.wit; do
  ./wasm-tools component embed --dummy --world root "$wit" >embed.wasm
  ./wasm-tools component new embed.wasm >"$out/${wit%.wit}.wasm"
done
ls -l "$out"/*.wasm
