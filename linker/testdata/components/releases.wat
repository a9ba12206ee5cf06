;; Imports interfaces of WASI 0.3, of drafts of WASI, and of nobody.
(component
  (import "wasi:cli/stdout@0.2.0-rc-2023-11-10" (instance (export "get-stdout" (func (result u32)))))
  (import "wasi:http/types@0.3.0-rc-2025-09-16" (instance (export "f" (func))))
  (import "wasi:clocks/monotonic-clock@0.3.0" (instance (export "now" (func (result u64)))))
  (import "wasi:nn/tensor@0.2.0-rc-2024-10-28" (instance (export "now" (func (result u64)))))
  (import "wasi:foo/bar@0.2.1" (instance (export "now" (func (result u64))))) )
