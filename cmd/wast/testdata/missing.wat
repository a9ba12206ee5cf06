(component (import "nobody-has-this" (func)))
