;; Stands between: imports and exports demo:telemetry/log@1.0.0.
(component
  (import "demo:telemetry/log@1.0.0" (instance $log
    (export "log" (func (param "level" u8) (param "msg" string) (result (result u32 (error string)))))))
  (core module $memory
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64))
  (core module $main
    (import "log" "log" (func $log (param i32 i32 i32 i32)))
    (func (export "log") (param i32 i32 i32) (result i32)
      (call $log (local.get 0) (local.get 1) (local.get 2) (i32.const 32))
      i32.const 32))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))
  (core func $log (canon lower (func $log "log") (memory $mem) (realloc $realloc)))
  (core instance $main (instantiate $main (with "log" (instance (export "log" (func $log))))))
  (func $out (param "level" u8) (param "msg" string) (result (result u32 (error string)))
    (canon lift (core func $main "log") (memory $mem) (realloc $realloc)))
  (instance $out (export "log" (func $out)))
  (export "demo:telemetry/log@1.0.0" (instance $out)))
