;; Stands before who answers requests, with a sidecar of its own.
(component
  (import "wasi:http/incoming-handler@0.2.3" (instance $in (export "handle" (func))))
  (import "demo:jobs/run" (instance $jobs (export "run" (func))))
  (core func $next (canon lower (func $in "handle")))
  (core func $run (canon lower (func $jobs "run")))
  (core module $m
    (import "next" "handle" (func $next))
    (import "jobs" "run" (func $run))
    (func (export "handle") (call $run) (call $next))
    (func (export "other")))
  (core instance $i (instantiate $m
    (with "next" (instance (export "handle" (func $next))))
    (with "jobs" (instance (export "run" (func $run))))))
  (func $handle (canon lift (core func $i "handle")))
  (instance $out (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.3" (instance $out))
  (func (export "other") (canon lift (core func $i "other"))))
