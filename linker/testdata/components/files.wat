;; Imports interfaces that grants are about, in two versions, and types that nobody runs.
(component
  (import "wasi:filesystem/types@0.2.0" (instance $types (export "descriptor" (type (sub resource)))))
  (alias export $types "descriptor" (type $d))
  (import "wasi:filesystem/preopens@0.2.3" (instance $preopens
    (export "descriptor" (type $d2 (eq $d)))
    (export "get-directories" (func (result (list (tuple (own $d2) string)))))))
  (import "demo:shared/types" (instance $shared
    (type $p (tuple u32 u32))
    (export "pair" (type (eq $p)))))
  (type $level u8)
  (import "level" (type (eq $level)))
  (core module $m (func (export "run") (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func (export "run") (result (result)) (canon lift (core func $i "run"))))
