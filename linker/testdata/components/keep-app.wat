;; Gives a resource of the host to demo:keep/keeper.
(component
  (import "wasi:filesystem/types@0.2.0" (instance $types (export "descriptor" (type (sub resource)))))
  (alias export $types "descriptor" (type $d))
  (import "demo:keep/keeper@0.1.0" (instance $keeper
    (export "descriptor" (type $d2 (eq $d)))
    (export "keep" (func (param "d" (own $d2))))
    (export "count" (func (result u32)))))
  (core func $keep (canon lower (func $keeper "keep")))
  (core func $count (canon lower (func $keeper "count")))
  (core module $m
    (import "keeper" "keep" (func (param i32)))
    (import "keeper" "count" (func $count (result i32)))
    (func (export "run") (result i32) (call $count)))
  (core instance $i (instantiate $m (with "keeper" (instance (export "keep" (func $keep)) (export "count" (func $count))))))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))
