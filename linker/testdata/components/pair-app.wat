;; Imports the same and demo:pair/side, and what nothing provides.
(component
  (import "wasi:filesystem/types@0.2.0" (instance $types (export "descriptor" (type (sub resource)))))
  (alias export $types "descriptor" (type $d))
  (import "wasi:filesystem/preopens@0.2.3" (instance
    (export "descriptor" (type $d2 (eq $d)))
    (export "get-directories" (func (result (list (tuple (own $d2) string)))))))
  (import "demo:pair/side" (instance (export "f" (func))))
  (import "wasi:http/outgoing-handler@0.3.0" (instance (export "f" (func)))))
