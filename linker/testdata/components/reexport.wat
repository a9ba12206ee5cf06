;; Exports an interface of the host as it imports it.
(component
  (import "demo:host/clock@1.0.0" (instance $in (export "now" (func (result u64)))))
  (export "demo:host/clock@1.0.0" (instance $in)))
