package canontest

import (
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/wit"
)

// Layout is alignment and elem_size of a type, for 32-bit pointers.
func Layout(t *wit.Type) (align, size uint32) { return alignment(t), elemSize(t) }

// Flatten is flatten_type.
func Flatten(t *wit.Type) []canon.RegType { return flattenType(t) }

// TransferString is load_string_from_range in one instance and
// store_string_into_range in another.
func TransferString(from, to *Instance, ptr, tagged uint32) (dstPtr, dstTagged uint32, err error) {
	err = Try(func() {
		v := (&Context{from, nil}).loadStringFromRange(ptr, tagged)
		dstPtr, dstTagged = (&Context{to, nil}).storeStringIntoRange(v)
	})
	return dstPtr, dstTagged, err
}

// StoreText is store_string_into_range of a string of the host.
func StoreText(to *Instance, s string) (ptr, tagged uint32, err error) {
	err = Try(func() { ptr, tagged = (&Context{to, nil}).storeStringIntoRange(Text(s)) })
	return ptr, tagged, err
}

// LoadText is load_string_from_range.
func LoadText(from *Instance, ptr, tagged uint32) (s string, err error) {
	err = Try(func() { s = (&Context{from, nil}).loadStringFromRange(ptr, tagged).Text })
	return s, err
}
