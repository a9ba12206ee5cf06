;; Uses one resource type through two interfaces.
(component
  (import "demo:store/bucket@0.1.0" (instance $store
    (export "bucket" (type $b (sub resource)))
    (export "open" (func (param "id" u32) (result (own $b))))))
  (alias export $store "bucket" (type $bucket))
  (import "demo:store/batch@0.1.0" (instance $batch
    (export "bucket" (type $b (eq $bucket)))
    (export "sum" (func (param "a" (borrow $b)) (param "b" (borrow $b)) (result u32)))))
  (core func $open (canon lower (func $store "open")))
  (core func $sum (canon lower (func $batch "sum")))
  (core func $drop (canon resource.drop $bucket))
  (core module $m
    (import "store" "open" (func $open (param i32) (result i32)))
    (import "store" "sum" (func $sum (param i32 i32) (result i32)))
    (import "store" "drop" (func $drop (param i32)))
    (func (export "run") (result i32)
      (local i32 i32)
      (local.set 0 (call $open (i32.const 40)))
      (local.set 1 (call $open (i32.const 2)))
      (call $sum (local.get 0) (local.get 1))
      (call $drop (local.get 0))
      (call $drop (local.get 1))))
  (core instance $m (instantiate $m (with "store" (instance
    (export "open" (func $open)) (export "sum" (func $sum)) (export "drop" (func $drop))))))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))
