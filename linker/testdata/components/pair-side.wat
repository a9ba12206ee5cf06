;; Imports what files are granted by, and exports demo:pair/side.
(component
  (import "wasi:filesystem/types@0.2.0" (instance $types (export "descriptor" (type (sub resource)))))
  (alias export $types "descriptor" (type $d))
  (import "wasi:filesystem/preopens@0.2.3" (instance
    (export "descriptor" (type $d2 (eq $d)))
    (export "get-directories" (func (result (list (tuple (own $d2) string)))))))
  (core module $m (func (export "f")))
  (core instance $i (instantiate $m))
  (func $f (canon lift (core func $i "f")))
  (instance $out (export "f" (func $f)))
  (export "demo:pair/side" (instance $out)))
