;; Harm that C cannot say: tables that grow, and a recursion through try_table, of which
;; wazero copies the stack at each entry.
(component
  (core module $m
    (tag $e)
    (table $t0 0 funcref) (table $t1 0 funcref) (table $t2 0 funcref) (table $t3 0 funcref)
    (table $t4 0 funcref) (table $t5 0 funcref) (table $t6 0 funcref) (table $t7 0 funcref)
    (func (export "tables") (result i32) (local $n i32)
      (loop $again
        (table.grow $t0 (ref.null func) (i32.const 131072)) (drop)
        (table.grow $t1 (ref.null func) (i32.const 131072)) (drop)
        (table.grow $t2 (ref.null func) (i32.const 131072)) (drop)
        (table.grow $t3 (ref.null func) (i32.const 131072)) (drop)
        (table.grow $t4 (ref.null func) (i32.const 131072)) (drop)
        (table.grow $t5 (ref.null func) (i32.const 131072)) (drop)
        (table.grow $t6 (ref.null func) (i32.const 131072)) (drop)
        (if (i32.eq (table.grow $t7 (ref.null func) (i32.const 131072)) (i32.const -1))
          (then (return (local.get $n))))
        (local.set $n (i32.add (local.get $n) (i32.const 8)))
        (br $again))
      (unreachable))
    (func $recurse (export "recurse") (result i32)
      (block $out
        (try_table (catch $e $out)
          (drop (call $recurse))))
      (i32.const 1)))
  (core instance $i (instantiate $m))
  (func $tables (result u32) (canon lift (core func $i "tables")))
  (func $recurse (result u32) (canon lift (core func $i "recurse")))
  (instance $bombs (export "tables" (func $tables)) (export "recurse" (func $recurse)))
  (export "test:hostile/bombs" (instance $bombs)))
