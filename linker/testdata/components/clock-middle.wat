;; Stands between a component and the host's clock, and adds one hour.
(component
  (import "demo:host/clock@1.0.5" (instance $in (export "now" (func (result u64)))))
  (core func $now (canon lower (func $in "now")))
  (core module $m
    (import "clock" "now" (func $now (result i64)))
    (func (export "now") (result i64) (i64.add (call $now) (i64.const 3600))))
  (core instance $i (instantiate $m (with "clock" (instance (export "now" (func $now))))))
  (func $out (result u64) (canon lift (core func $i "now")))
  (instance $out (export "now" (func $out)))
  (export "demo:host/clock@1.2.0" (instance $out)))
