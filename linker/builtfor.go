package linker

import (
	"errors"

	"github.com/sidecall/sidecall/components/binary"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/components/validate"
)

// BuiltFor says in the words of whoever builds a component what it was built for that does
// not run here, and what to do. ok is false if err, of Open, is about something else. What
// goes on the sentence "the component …".
func BuiltFor(err error) (what, hint string, ok bool) {
	w, ok := unsupported[feature(err)]
	if !ok {
		return "", "", false
	}
	return w.what, w.hint, true
}

// feature is the name of what a component uses and nothing here runs, empty if it is not
// that which is wrong with it.
func feature(err error) string {
	var (
		invalid   *validate.Error
		malformed *binary.Error
		module    *core.Error
	)
	switch {
	case errors.As(err, &invalid) && invalid.Feature != "":
		return string(invalid.Feature)
	case errors.As(err, &malformed) && malformed.Feature != "":
		return malformed.Feature
	case errors.As(err, &module):
		return module.Feature()
	}
	return ""
}

type words struct{ what, hint string }

var (
	wasi03 = words{"is built for WASI 0.3 (async functions, streams, futures), which sidecall does not run yet",
		"build it for WASI 0.2: with the toolchain's target or bindings of that release, and without async functions in its own WIT"}
	threads = words{"is built with threads, which no release of WASI has for components",
		"build it without: for wasm32-wasip1 or wasm32-wasip2, and not -threads; in C without -pthread"}
	wasm64 = words{"is built for 64-bit memories (wasm64), which the engine does not run",
		"build it for wasm32"}
	collected = words{"is built by a compiler that uses WebAssembly's garbage collection (Kotlin, Dart, Java, OCaml and others do), which the engine does not run",
		"build it with a toolchain that brings its own memory management, as those of Rust, C, Go, TinyGo and JavaScript do"}
	pageSizes = words{"has a memory with its own page size, a proposal that the engine does not run",
		"build it with pages of 64 KiB, the default"}
	memories = words{"has several memories in one core module, which the engine does not run",
		"build it without: wasm-ld and compilers make one unless they are told otherwise; wasm-merge can bring them together (--multi-memory-lowering of wasm-opt)"}
)

// unsupported are the features by the names that components/validate, components/binary
// and components/core give them.
var unsupported = map[string]words{
	string(validate.FeatureAsync):         wasi03,
	string(validate.FeatureErrorContext):  wasi03,
	string(validate.FeatureThreads):       threads,
	string(validate.FeatureSharedObjects): threads,
	"sharing of everything":               threads,
	string(validate.FeatureMemory64):      wasm64,
	string(validate.FeatureGC):            collected,
	"garbage collection":                  collected,
	"multi-memory":                        memories,
	"relaxed vectors": {"is built with relaxed vector instructions (relaxed-simd), which the engine does not run",
		"build it without: in C and Rust leave out -mrelaxed-simd or the target feature relaxed-simd; -msimd128 is fine"},
	"the earlier exception handling": {"is built with the earlier form of WebAssembly's exceptions, which the engine does not run",
		"build it with the final one (clang: -mllvm -wasm-use-legacy-eh=false), or translate it with wasm-opt --translate-to-exnref"},
	"stack switching":                 {"uses stack switching, a proposal that the engine does not run", "build it without"},
	"custom page sizes":               pageSizes,
	string(validate.FeaturePageSizes): pageSizes,
	string(validate.FeatureValues): {"imports, exports or starts with values, a proposal that no release of WASI has",
		"give the values by functions"},
}
