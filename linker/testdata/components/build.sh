#!/bin/sh
# Assembles every .wat of this folder. It needs Node.js, for the assembler in
# npm's @bytecodealliance/jco.
set -e
cd "$(dirname "$0")"
for f in *.wat; do
  npx --yes @bytecodealliance/jco@1.35.0 parse "$f" -o "${f%.wat}.wasm"
done
