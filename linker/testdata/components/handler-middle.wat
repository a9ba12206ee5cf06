;; Stands before who answers requests, built for a newer version.
(component
  (import "wasi:http/incoming-handler@0.2.3" (instance $in (export "handle" (func))))
  (core func $next (canon lower (func $in "handle")))
  (core module $m
    (import "next" "handle" (func $next))
    (func (export "handle") (call $next)))
  (core instance $i (instantiate $m (with "next" (instance (export "handle" (func $next))))))
  (func $handle (canon lift (core func $i "handle")))
  (instance $out (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.3" (instance $out)))
