package binary_test

import (
	"errors"
	"testing"

	"github.com/sidecall/sidecall/components/binary"
)

func TestSniff(t *testing.T) {
	const module = "\x00asm\x01\x00\x00\x00"
	const howTo = "make a component of it with `wasm-tools component new core.wasm -o component.wasm`"
	for _, tt := range []struct {
		in, want string
		found    binary.Format
	}{
		{"", "the file is empty", binary.FormatEmpty},
		{"\x00as", "the file ends after 3 bytes, within the preamble of WebAssembly", binary.FormatOther},
		{"\x00asm\x01", "the file ends after 5 bytes, within the preamble of WebAssembly", binary.FormatOther},
		{module, "this is a core module, not a component: add its WIT types with `wasm-tools component embed wit core.wasm -o core.wasm`, then " + howTo, binary.FormatCoreModule},
		{module + "\x00\x0f\x0ecomponent-type", "this is a core module, not a component: " + howTo, binary.FormatCoreModule},
		{module + "\x02\x1c\x01\x16wasi_snapshot_preview1\x01f\x00\x00", "this is a preview1 core module (it imports \"wasi_snapshot_preview1\"), not a component: " +
			"make a component of it with `wasm-tools component new core.wasm --adapt wasi_snapshot_preview1=ADAPTER.wasm -o component.wasm`, " +
			"where ADAPTER is wasi_snapshot_preview1.command for a program and .reactor for a library", binary.FormatPreview1},
		{"\x00asm\x0c\x00\x01\x00", "this is a component in the pre-release format 0x0c; the format is 0x0d now: rebuild it with current tools", binary.FormatOldComponent},
		{"\x00asm\x0e\x00\x01\x00", "unknown version 0x0e of the component format: this program knows 0x0d", binary.FormatOther},
		{"\x00asm\x0d\x00\x02\x00", "unknown layer 0x02 (version 0x0d) of WebAssembly: a component has layer 0x01, version 0x0d", binary.FormatOther},
		{"\x00asm\x02\x00\x00\x00", "unknown version 2 of core WebAssembly, and not a component", binary.FormatOther},
		{" ;; a comment\n(; another ;) ( component", "this is WebAssembly text (component), not a binary: assemble it with `wasm-tools parse in.wat -o out.wasm`", binary.FormatWAT},
		{"(module)", "this is WebAssembly text (module), not a binary: assemble it with `wasm-tools parse in.wat -o out.wasm`", binary.FormatWAT},
		{"\x1f\x8b\x08", "this is compressed with gzip, not a WebAssembly component", binary.FormatOther},
		{"\x7fELF\x02\x01", "this is an ELF program for Linux, not a WebAssembly component", binary.FormatOther},
		{"<!DOCTYPE html>", "this is HTML or XML (perhaps an error page of a download), not a WebAssembly component", binary.FormatOther},
		{"{\"a\": 1}", "this is JSON, not a WebAssembly component", binary.FormatOther},
		{"apiVersion: sidecall.dev/v1alpha1\n", "this is YAML (perhaps a manifest), not a WebAssembly component", binary.FormatOther},
		{"hello, this is text", "this is text, not a WebAssembly component: it begins with \"hello, this is t\"", binary.FormatOther},
		{"\x01\x02\x03\x00\x05", "this is not WebAssembly: the file begins with 01 02 03 00 05, where 00 61 73 6d was expected", binary.FormatOther},
	} {
		_, err := binary.Decode([]byte(tt.in))
		var e *binary.Error
		if !errors.As(err, &e) || e.Error() != tt.want || e.Found != tt.found {
			t.Errorf("%q\ngot  %v\nwant %s", tt.in, err, tt.want)
		}
		if got := binary.Sniff([]byte(tt.in)); got != tt.found {
			t.Errorf("%q: Sniff says %d, want %d", tt.in, got, tt.found)
		}
	}
}
