;; Exports demo:keep/keeper, a function that takes a resource of the host.
(component
  (import "wasi:filesystem/types@0.2.0" (instance $types (export "descriptor" (type (sub resource)))))
  (alias export $types "descriptor" (type $d))
  (core module $m
    (func (export "keep") (param i32))
    (func (export "count") (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func $keep (param "d" (own $d)) (canon lift (core func $i "keep")))
  (func $count (result u32) (canon lift (core func $i "count")))
  (instance $out (export "descriptor" (type $d)) (export "keep" (func $keep)) (export "count" (func $count)))
  (export "demo:keep/keeper@0.1.0" (instance $out)))
