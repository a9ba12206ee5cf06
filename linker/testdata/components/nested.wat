;; Components in components: outer aliases, modules and components as arguments, one component instantiated
;; twice, a function lifted and lowered without a module in between, and a call from a child back to its parent.
(component $outer
  (core module $double (func (export "f") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1))))
  (core module $caller
    (import "x" "f" (func $f (param i32) (result i32)))
    (func (export "f") (param i32) (result i32) (call $f (local.get 0))))
  (component $leaf
    (alias outer $outer $double (core module $m))
    (core instance $i (instantiate $m))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f"))))
  (component $user
    (import "f" (func $f (param "x" u32) (result u32)))
    (import "code" (core module $code
      (import "x" "f" (func (param i32) (result i32)))
      (export "f" (func (param i32) (result i32)))))
    (import "part" (component $part (export "f" (func (param "x" u32) (result u32)))))
    (instance $p (instantiate $part))
    (core func $f1 (canon lower (func $f)))
    (core func $f2 (canon lower (func $p "f")))
    (core instance $i (instantiate $code (with "x" (instance (export "f" (func $f1))))))
    (func $again (param "x" u32) (result u32) (canon lift (core func $f2)))
    (func (export "through") (param "x" u32) (result u32) (canon lift (core func $i "f")))
    (export "again" (func $again)))
  (instance $leaf (instantiate $leaf))
  (instance $one (instantiate $user
    (with "f" (func $leaf "f")) (with "code" (core module $caller)) (with "part" (component $leaf))))
  (core func $through (canon lower (func $one "through")))
  (core instance $mine (instantiate $caller (with "x" (instance (export "f" (func $through))))))
  (func $mine (param "x" u32) (result u32) (canon lift (core func $mine "f")))
  (instance $two (instantiate $user
    (with "f" (func $mine)) (with "code" (core module $caller)) (with "part" (component $leaf))))
  (export "one" (instance $one))
  (export "two" (instance $two))
  (export "code" (core module $double)))
