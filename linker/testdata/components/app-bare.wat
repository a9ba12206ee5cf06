;; Imports demo:telemetry/log, without a version, and exports run, which logs one message.
(component
  (import "demo:telemetry/log" (instance $log
    (export "log" (func (param "level" u8) (param "msg" string) (result (result u32 (error string)))))))
  (core module $memory
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      global.get $next
      global.get $next
      local.get 3
      i32.add
      global.set $next)
    (data (i32.const 16) "hello"))
  (core module $main
    (import "log" "log" (func $log (param i32 i32 i32 i32)))
    (func (export "run") (result i32)
      (call $log (i32.const 3) (i32.const 16) (i32.const 5) (i32.const 32))
      i32.const 0))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $mem))
  (core func $log (canon lower (func $log "log") (memory $mem) (realloc (core func $memory "realloc"))))
  (core instance $main (instantiate $main (with "log" (instance (export "log" (func $log))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (export "run" (func $run)))
