;; Two components, and exports that make n calls from the one to the other.
(component
  (component $callee
    (core module $m
      (memory (export "memory") 1)
      ;; Whatever is allocated has the same place: it is used up when the next comes.
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "count") (param i32 i32) (result i32) (local.get 1)))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
    (func (export "text") (param "s" string) (result u32)
      (canon lift (core func $i "count") (memory $i "memory") (realloc (func $i "realloc"))))
    (func (export "list") (param "l" (list u32)) (result u32)
      (canon lift (core func $i "count") (memory $i "memory") (realloc (func $i "realloc")))))
  (component $caller
    (import "add" (func $add (param "a" u32) (param "b" u32) (result u32)))
    (import "text" (func $text (param "s" string) (result u32)))
    (import "list" (func $list (param "l" (list u32)) (result u32)))
    (core module $libc
      (memory (export "memory") 1)
      (data (i32.const 0) "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"))
    (core instance $libc (instantiate $libc))
    (core func $add' (canon lower (func $add)))
    (core func $text' (canon lower (func $text) (memory $libc "memory")))
    (core func $list' (canon lower (func $list) (memory $libc "memory")))
    (core module $m
      (import "to" "add" (func $add (param i32 i32) (result i32)))
      (import "to" "text" (func $text (param i32 i32) (result i32)))
      (import "to" "list" (func $list (param i32 i32) (result i32)))
      (func (export "add") (param $n i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (call $add (local.get $sum) (local.get $n)))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
      (func (export "text") (param $n i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (i32.add (local.get $sum) (call $text (i32.const 0) (i32.const 64))))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
      (func (export "list") (param $n i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (i32.add (local.get $sum) (call $list (i32.const 0) (i32.const 16))))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum)))
    (core instance $i (instantiate $m
      (with "to" (instance (export "add" (func $add')) (export "text" (func $text')) (export "list" (func $list'))))))
    (func (export "add") (param "n" u32) (result u32) (canon lift (core func $i "add")))
    (func (export "text") (param "n" u32) (result u32) (canon lift (core func $i "text")))
    (func (export "list") (param "n" u32) (result u32) (canon lift (core func $i "list"))))
  (instance $e (instantiate $callee))
  (instance $r (instantiate $caller
    (with "add" (func $e "add")) (with "text" (func $e "text")) (with "list" (func $e "list"))))
  (export "add" (func $r "add"))
  (export "text" (func $r "text"))
  (export "list" (func $r "list")))
