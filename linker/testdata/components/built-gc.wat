;; A program with a type of the garbage collection proposal.
(module (type $s (struct (field i32))) (func (export "_start")))
