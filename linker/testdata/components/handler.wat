;; Answers requests by itself.
(component
  (core module $m (func (export "handle")))
  (core instance $i (instantiate $m))
  (func $handle (canon lift (core func $i "handle")))
  (instance $out (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.0" (instance $out)))
