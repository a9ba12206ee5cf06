(component
  (import "provider" (instance $p
    (export "m" (core module (export "f" (func (result i32)))))
    (export "t" (type (sub resource)))))
  (core instance $i (instantiate (module $p "m")))
  (func (export "seven") (result u32) (canon lift (core func $i "f")))
)
