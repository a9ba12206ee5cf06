# Sourced by the build scripts: makes components of C with ordinary tools. They are clang
# with lld, wasi-libc and the builtins of compiler-rt for wasm32 (Debian: clang-14 lld-14
# wasi-libc libclang-rt-14-dev-wasm32), wasm-tools through Go, and from npm's package
# @bytecodealliance/jco the WIT of WASI and the adapter from WASI preview 1, which
# wasi-libc speaks. JCO may name a folder where that package is unpacked. A rebuild gives
# the same bytes.
set -euo pipefail

jco_version=1.35.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# toolchain WIT: finds the tools and lays out the WIT of folder WIT with WASI's.
toolchain() {
  local missing=()
  clang=$(command -v "${CLANG:-clang-14}") || missing+=("clang-14 and lld-14 (apt-get install clang-14 lld-14)")
  [ -e /usr/lib/wasm32-wasi/crt1-reactor.o ] || missing+=("wasi-libc (apt-get install wasi-libc)")
  compgen -G '/usr/lib/llvm-14/lib/clang/*/lib/wasi/*' >/dev/null ||
    missing+=("compiler-rt for wasm32 (apt-get install libclang-rt-14-dev-wasm32)")
  command -v go >/dev/null || missing+=("go (https://go.dev/dl)")
  [ -n "${JCO:-}" ] || command -v npm >/dev/null ||
    missing+=("npm (apt-get install npm), or JCO, the folder of an unpacked @bytecodealliance/jco")
  if [ ${#missing[@]} -gt 0 ]; then
    printf 'missing: %s\n' "${missing[@]}" >&2
    exit 1
  fi
  if [ -z "${JCO:-}" ]; then
    (cd "$work" && npm pack --silent "@bytecodealliance/jco@$jco_version" >/dev/null && tar xzf ./*.tgz)
    JCO=$work/package
  fi
  go build -o "$work/wasm-tools" go.bytecodealliance.org/internal/cmd/wasm-tools
  mkdir -p "$work/wit/deps"
  cp "$1"/*.wit "$work/wit/"
  cp -r "$JCO"/lib/wit/builtin/0.2.12/* "$work/wit/deps/"
  cp "$JCO/lib/wasi_snapshot_preview1.reactor.wasm" "$work/adapter.wasm"
}

# wasm-tools sees only its working folder, and writes to its standard output.
wasm_tools() { (cd "$work" && ./wasm-tools "$@"); }

flags=(-Oz -Wall -Wextra -Werror "-ffile-prefix-map=$PWD=.")

# with_libc WORLD SOURCE OUT: a component over wasi-libc.
with_libc() {
  "$clang" --target=wasm32-wasi -mexec-model=reactor "${flags[@]}" -Wl,--strip-all -o "$work/core.wasm" "$2"
  wasm_tools component embed --world "$1" wit core.wasm >"$work/embed.wasm"
  wasm_tools component new embed.wasm --adapt wasi_snapshot_preview1=adapter.wasm >"$3"
  ls -l "$3"
}

# without_libc WORLD SOURCE OUT: a component that imports nothing but what it declares.
without_libc() {
  "$clang" --target=wasm32 -nostdlib -ffreestanding "${flags[@]}" -Wl,--no-entry -Wl,--strip-all \
    -Wl,-z,stack-size=8192 -o "$work/core.wasm" "$2"
  wasm_tools component embed --world "$1" wit core.wasm >"$work/embed.wasm"
  wasm_tools component new embed.wasm >"$3"
  ls -l "$3"
}
