package preview1

import "strings"

// environment is something that is no WASI, for which a module can have been built. Its
// imports tell: of a module of that name, and if function is not empty of functions whose
// names begin with it.
type environment struct {
	module, function string
	what             string // goes on the sentence "the core module …"
}

var environments = []environment{
	{"wasi", "thread-spawn", "is built with threads (wasi-threads), which no release of WASI has: build it without, " +
		"for wasm32-wasip1 and not wasm32-wasip1-threads, in C without -pthread"},
	{"wasi_unstable", "", "is built for the WASI before preview1 (wasi_unstable): rebuild it with current tools"},
	{"env", "emscripten_", "is built by Emscripten for a JavaScript engine: build it with wasi-sdk, or with -sSTANDALONE_WASM"},
	{"env", "_emscripten_", "is built by Emscripten for a JavaScript engine: build it with wasi-sdk, or with -sSTANDALONE_WASM"},
	{"env", "invoke_", "is built by Emscripten for a JavaScript engine: build it with wasi-sdk, or with -sSTANDALONE_WASM"},
	{"wbg", "", "is built by wasm-bindgen for a JavaScript engine: build it for wasm32-wasip2"},
	{"__wbindgen_placeholder__", "", "is built for wasm-bindgen and a JavaScript engine: build it for wasm32-wasip2"},
	{"gojs", "", "is built by Go for a JavaScript engine: build it with GOOS=wasip1 GOARCH=wasm"},
	{"go", "", "is built by Go for a JavaScript engine: build it with GOOS=wasip1 GOARCH=wasm"},
	{"wasm:js-string", "", "is built for a JavaScript engine (it imports strings from wasm:js-string): build it for WASI"},
}

// elsewhere says for what a module is built, if that is known and is not WASI.
func (p *program) elsewhere() error {
	for i, im := range p.module.Imports {
		for _, e := range environments {
			if im.Module == e.module && strings.HasPrefix(im.Name, e.function) {
				return fail(p.module.ImportOffset(i), "the core module %s (it imports %q from %q)", e.what, im.Name, im.Module)
			}
		}
	}
	return nil
}
