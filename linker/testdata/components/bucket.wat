;; Exports demo:store/bucket, an interface with a resource type that has a destructor.
(component
  (core module $m
    (func (export "dtor") (param i32))
    (func (export "get") (param i32) (result i32) local.get 0))
  (core instance $m (instantiate $m))
  (type $bucket (resource (rep i32) (dtor (core func $m "dtor"))))
  (core func $new (canon resource.new $bucket))
  (core module $n
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "open") (param i32) (result i32) (call $new (local.get 0))))
  (core instance $n (instantiate $n (with "" (instance (export "new" (func $new))))))
  (func $open (param "id" u32) (result (own $bucket)) (canon lift (core func $n "open")))
  (func $get (param "self" (borrow $bucket)) (result u32) (canon lift (core func $m "get")))
  (component $shape
    (import "bucket" (type $b (sub resource)))
    (import "open" (func $open (param "id" u32) (result (own $b))))
    (import "get" (func $get (param "self" (borrow $b)) (result u32)))
    (export $b2 "bucket" (type $b))
    (export "open" (func $open) (func (param "id" u32) (result (own $b2))))
    (export "[method]bucket.get" (func $get) (func (param "self" (borrow $b2)) (result u32))))
  (instance $out (instantiate $shape (with "bucket" (type $bucket)) (with "open" (func $open)) (with "get" (func $get))))
  (export "demo:store/bucket@0.1.0" (instance $out)))
