(component
  (core module (export "m") (func (export "f") (result i32) (i32.const 7)))
  (type $t (resource (rep i32)))
  (export "t" (type $t))
)
