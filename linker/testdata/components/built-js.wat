;; A module for a JavaScript engine.
(module (import "wasm:js-string" "length" (func (param externref) (result i32))) (import "env" "memory" (memory 1)) (func (export "main")))
