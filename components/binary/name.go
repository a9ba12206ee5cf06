package binary

// componentName finds the component's name in the data of a "component-name"
// section (Binary.md, "Name Section"). A section that is malformed gives no name
// and no error, as the specification wants.
func componentName(data []byte) string {
	r := &reader{b: data, end: len(data), where: "name section", state: &state{limits: DefaultLimits()}}
	for r.ok() && r.left() > 0 {
		id, size := r.byte(), r.u32()
		if !r.ok() || uint64(size) > uint64(r.left()) {
			return ""
		}
		sub := r.sub(int(size), "name subsection")
		if id == 0 {
			name := sub.name("the component's name")
			if sub.done(); !sub.ok() {
				return ""
			}
			return name
		}
	}
	return ""
}
