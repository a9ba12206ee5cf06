;; Imports demo:store/bucket and exports demo:store/batch, whose functions take its buckets.
(component
  (import "demo:store/bucket@0.1.0" (instance $store
    (export "bucket" (type $b (sub resource)))
    (export "[method]bucket.get" (func (param "self" (borrow $b)) (result u32)))))
  (alias export $store "bucket" (type $bucket))
  (core func $get (canon lower (func $store "[method]bucket.get")))
  (core func $drop (canon resource.drop $bucket))
  (core module $m
    (import "store" "get" (func $get (param i32) (result i32)))
    (import "store" "drop" (func $drop (param i32)))
    (func (export "sum") (param i32 i32) (result i32)
      (i32.add (call $get (local.get 0)) (call $get (local.get 1)))
      (call $drop (local.get 0))
      (call $drop (local.get 1))))
  (core instance $m (instantiate $m (with "store" (instance (export "get" (func $get)) (export "drop" (func $drop))))))
  (func $sum (param "a" (borrow $bucket)) (param "b" (borrow $bucket)) (result u32) (canon lift (core func $m "sum")))
  (instance $out (export "bucket" (type $bucket)) (export "sum" (func $sum)))
  (export "demo:store/batch@0.1.0" (instance $out)))
