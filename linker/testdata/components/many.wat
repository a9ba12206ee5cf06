;; Imports what nothing provides, a resource type of it through a second interface, and a function.
(component
  (import "demo:none/bucket@0.1.0" (instance $store (export "bucket" (type $b (sub resource)))))
  (alias export $store "bucket" (type $bucket))
  (import "demo:store/batch@0.1.0" (instance
    (export "bucket" (type $b (eq $bucket)))
    (export "sum" (func (param "a" (borrow $b)) (param "b" (borrow $b)) (result u64)))
    (export "sums" (func))))
  (import "demo:telemetry/log@1.0.0" (instance
    (export "log" (func (param "level" u8) (param "msg" string) (result (result u32 (error string)))))))
  (core module $m (func (export "run") (result i32) i32.const 0))
  (core instance $m (instantiate $m))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))
