package core

import "github.com/sidecall/sidecall/components/printable"

// The subsections of the name section that are of interest. Names of labels are dropped: checks add
// blocks. Every other kind concerns indices that do not change, and is copied.
const (
	namesOfFunctions = 1
	namesOfLocals    = 2
	namesOfLabels    = 3
)

// names renumbers the content of a name section. ok is false for one that is malformed, which by the
// specification is to be ignored. Names of functions and of the module end in stack traces, which
// are split into lines again and shown, so they are made printable here.
func (w *writer) names(content []byte) (out []byte, ok bool) {
	r := reader{b: content}
	for r.left() > 0 {
		id := r.byte()
		body := r.sub(int(r.u32()))
		if r.err != nil {
			return nil, false
		}
		var written []byte
		switch id {
		case 0:
			written = appendName(nil, printable.Text(body.name(len(body.b))))
		case namesOfFunctions:
			written = w.nameMap(&body)
		case namesOfLocals:
			written = w.localNames(&body)
		case namesOfLabels:
			continue
		default:
			written = body.b
			body.pos = len(body.b)
		}
		if body.err != nil || body.left() > 0 {
			return nil, false
		}
		out = appendRaw(out, id, written)
	}
	return out, true
}

// nameMap copies a map from functions to names.
func (w *writer) nameMap(r *reader) []byte {
	n := r.count("names", len(r.b))
	out := appendU32(nil, uint32(n))
	for i := 0; i < n && r.err == nil; i++ {
		f := w.named(r)
		out = appendName(appendU32(out, f), printable.Text(r.name(len(r.b))))
	}
	return out
}

// localNames copies a map from functions to maps from locals to names.
func (w *writer) localNames(r *reader) []byte {
	n := r.count("functions with names", len(r.b))
	out := appendU32(nil, uint32(n))
	for i := 0; i < n && r.err == nil; i++ {
		f := w.named(r)
		locals := r.count("names", len(r.b))
		out = appendU32(appendU32(out, f), uint32(locals))
		for k := 0; k < locals && r.err == nil; k++ {
			local := r.u32()
			out = appendName(appendU32(out, local), r.name(len(r.b)))
		}
	}
	return out
}

// named reads the index of a function that exists.
func (w *writer) named(r *reader) uint32 {
	f := r.u32()
	if int64(f) >= int64(len(w.m.funcs)) {
		r.fail("unknown function %d", f)
		return 0
	}
	return w.fn(f)
}
