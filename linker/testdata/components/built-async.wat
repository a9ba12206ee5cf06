;; Has an async function type, of WASI 0.3.
(component (type (func async)))
