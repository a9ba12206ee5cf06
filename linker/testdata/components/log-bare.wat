;; Exports demo:telemetry/log, without a version.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "log") (param i32 i32 i32) (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $mem))
  (func $log (param "level" u8) (param "msg" string) (result (result u32 (error string)))
    (canon lift (core func $i "log") (memory $mem) (realloc (core func $i "realloc"))))
  (instance $log (export "log" (func $log)))
  (export "demo:telemetry/log" (instance $log)))
