;; Imports one interface in two versions that are compatible.
(component
  (import "demo:host/clock@1.0.0" (instance $a (export "now" (func (result u64)))))
  (import "demo:host/clock@1.1.0" (instance $b (export "now" (func (result u64)))))
  (core func $now-a (canon lower (func $a "now")))
  (core func $now-b (canon lower (func $b "now")))
  (core module $m
    (import "clock" "a" (func $a (result i64)))
    (import "clock" "b" (func $b (result i64)))
    (func (export "run") (result i64) (i64.add (call $a) (call $b))))
  (core instance $i (instantiate $m (with "clock" (instance (export "a" (func $now-a)) (export "b" (func $now-b))))))
  (func (export "run") (result u64) (canon lift (core func $i "run"))))
