;; Imports demo:circle/a and exports demo:circle/b.
(component
  (import "demo:circle/a" (instance $in (export "f" (func))))
  (core func $f (canon lower (func $in "f")))
  (core module $m (import "in" "f" (func $f)) (func (export "f") (call $f)))
  (core instance $i (instantiate $m (with "in" (instance (export "f" (func $f))))))
  (func $out (canon lift (core func $i "f")))
  (instance $out (export "f" (func $out)))
  (export "demo:circle/b" (instance $out)))
