;; A sidecar that makes requests of the composition's own.
(component
  (import "wasi:http/incoming-handler@0.2.1" (instance $in (export "handle" (func))))
  (core func $next (canon lower (func $in "handle")))
  (core module $m
    (import "next" "handle" (func $next))
    (func (export "run") (call $next)))
  (core instance $i (instantiate $m (with "next" (instance (export "handle" (func $next))))))
  (func $run (canon lift (core func $i "run")))
  (instance $out (export "run" (func $run)))
  (export "demo:jobs/run" (instance $out)))
