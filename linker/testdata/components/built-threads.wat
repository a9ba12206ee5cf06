;; A program with threads, as wasi-threads makes them.
(module (import "wasi" "thread-spawn" (func (param i32) (result i32))) (import "env" "memory" (memory 1 2 shared)) (func (export "_start")))
