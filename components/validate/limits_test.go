package validate_test

import (
	"errors"
	"testing"
	"time"

	"github.com/sidecall/sidecall/components/binary"
	"github.com/sidecall/sidecall/components/validate"
)

// TestFeatures checks that what is gated is refused by its name.
func TestFeatures(t *testing.T) {
	attribute := func(kind byte, value, name string, t bytes) bytes {
		return cat(bytes{2}, str(name), vec(cat(bytes{kind}, str(value))), t)
	}
	for _, tt := range []struct {
		feature validate.Feature
		file    bytes
	}{
		{validate.FeatureAsync, component(types(bytes{0x43, 0, 1, 0}))},
		{validate.FeatureAsync, component(types(bytes{0x66, 0}))},
		{validate.FeatureAsync, component(types(bytes{0x65, 1, u8}))},
		{validate.FeatureAsync, component(canons(bytes{0x1f}))},
		{validate.FeatureAsync, component(types(fn(nil)), imports(imp("f", asFunc(0))), canons(lower(0, bytes{6})))},
		{validate.FeatureThreads, component(canons(bytes{0x26}))},
		{validate.FeatureErrorContext, component(types(bytes{0x64}))},
		{validate.FeatureErrorContext, component(canons(bytes{0x1e}))},
		{validate.FeatureMap, component(types(bytes{0x63, str_, u8}))},
		{validate.FeatureFixedLists, component(types(bytes{0x67, u8, 4}))},
		{validate.FeatureValues, component(imports(imp("v", bytes{2, 1, u8})))},
		{validate.FeatureMemory64, component(types(bytes{0x3f, 0x7e, 0}))},
		{validate.FeatureNestedNames, component(types(fn(nil)), imports(imp("a:b:c/d", asFunc(0))))},
		{validate.FeatureCanonicalNames, component(types(fn(nil)), imports(imp("a:b/c@0.2", asFunc(0))))},
		{validate.FeatureImplements, component(types(instanceType()), imports(attribute(0, "a:b/c", "x", asInstance(0))))},
		{validate.FeatureImplements, component(types(instanceType()), imports(attribute(2, "", "x", asInstance(0))))},
		{validate.FeatureCanonicalNames, component(types(instanceType()), imports(attribute(1, ".1", "a:b/c", asInstance(0))))},
	} {
		_, err := decodeAndValidate(tt.file)
		var e *validate.Error
		if !errors.As(err, &e) || e.Feature != tt.feature {
			t.Errorf("%s: %v", tt.feature, err)
		}
	}
	on := validate.Options{Features: map[validate.Feature]bool{validate.FeatureMap: true, validate.FeatureFixedLists: true,
		validate.FeatureNestedNames: true, validate.FeatureCanonicalNames: true, validate.FeatureImplements: true}}
	f := types(fn(nil), instanceType())
	for _, tt := range []struct {
		file bytes
		want string
	}{
		{component(types(bytes{0x63, str_, u8}, bytes{0x67, u8, 4})), ""},
		{component(types(list(val(u8)), bytes{0x63, 0, u8})), "byte 13 (0xd): the key of a map must be an integer, bool, char or string, not list<u8>"},
		{component(types(bytes{0x67, u8, 0})), "byte 11 (0xb): a list of a fixed length must not be empty"},
		{component(f, imports(imp("a:b:c/d/e@0.2", asFunc(0)), attribute(1, ".6-rc.1", "a:b/c@0.2", asFunc(0)), attribute(0, "a:b/c", "x", asInstance(1)))), ""},
		{component(f, imports(attribute(1, ".x", "a:b/c@0.2", asFunc(0)))),
			`byte 20 (0x14): the attribute versionsuffix does not fit: name "0.2.x", at character 5: a version has three numbers, as in 1.2.3`},
		{component(f, imports(attribute(0, "a:b/c", "x", asFunc(0)))), "byte 20 (0x14): only an instance can have the attribute implements"},
		{component(f, imports(attribute(0, "a:b/c", "a:b/d", asInstance(1)))), "byte 20 (0x14): only a plain name can have the attribute implements"},
		{component(f, imports(attribute(0, "c", "x", asInstance(1)))),
			`byte 20 (0x14): the attribute implements must be the name of an interface: name "c", at character 1: expected an interface name such as ns:pkg/iface`},
	} {
		c, err := binary.Decode(tt.file)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if _, err := validate.Component(c, on); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

// TestBombs checks that small files which describe something huge are refused, soon.
func TestBombs(t *testing.T) {
	// Each type has the one before it twice.
	doubled := func(n int, first bytes, next func(i int) bytes) []bytes {
		ts := []bytes{first}
		for i := range n {
			ts = append(ts, next(i))
		}
		return ts
	}
	value := doubled(60, val(u8), func(i int) bytes {
		if i%2 == 0 {
			return tuple(index(i), index(i))
		}
		return list(index(i))
	})
	deep := doubled(120, list(val(u8)), func(i int) bytes { return list(cat(leb64(i))) })
	instances2 := doubled(40, instanceType(declExport("r", asResource())), func(i int) bytes {
		return instanceType(declAlias(aliasOuter(sortType, 1, i)), declExport("a", asInstance(0)), declExport("b", asInstance(0)))
	})
	var many []bytes
	for range 5000 {
		many = append(many, instantiate(0))
	}
	large := nested(types(doubled(12, tuple(val(u8)), func(i int) bytes { return tuple(index(i), index(i)) })...), exportsOf(13))
	for _, tt := range []struct {
		name string
		file bytes
		want string
	}{
		{"values", component(types(value...)), "the component is too complex: a type has more than 1000000 parts when written out"},
		{"depth", component(types(deep...)), "the component is too complex: a type is nested more than 100 deep"},
		{"instances", component(types(instances2...)), "the component is too complex: its instances and imports have types with more than 1000000 parts in all"},
		{"instantiations", component(large, instances(many...)), "the component is too complex: its instances and imports have types with more than 1000000 parts in all"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			_, err := decodeAndValidate(tt.file)
			var e *validate.Error
			if !errors.As(err, &e) || e.Msg != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("%d bytes took %v", len(tt.file), took)
			}
		})
	}
}

// leb64 writes an index as the signed number that a valtype is.
func leb64(n int) bytes {
	if n < 64 {
		return bytes{byte(n)}
	}
	return bytes{byte(n&0x7f) | 0x80, byte(n >> 7)}
}

// exportsOf exports so many types.
func exportsOf(n int) bytes {
	var es []bytes
	for i := range n {
		es = append(es, exp("t"+string(rune('a'+i)), refType(i)))
	}
	return exports(es...)
}

func TestStandalone(t *testing.T) {
	for _, tt := range []struct {
		name string
		file bytes
		want string
	}{
		{"ordinary", component(types(fn(nil)), imports(imp("f", asFunc(0))), lib(), canons(lift(4, 0)), exports(exp("g", refFunc(1)))), ""},
		{"component import", component(types(componentType()), imports(imp("c", asComponent(0)))), `byte 16 (0x10): the import "c" is a component, which a host cannot give`},
		{"component export", component(nested(), exports(exp("c", refComponent(0)))), `byte 21 (0x15): the export "c" is a component, which a host cannot use`},
		{"function handed on", component(types(fn(nil)), imports(imp("f", asFunc(0))), exports(exp("g", refFunc(0)))),
			`byte 26 (0x1a): the export "g" is an imported function handed on, which belongs to no instance`},
	} {
		typed, err := decodeAndValidate(tt.file)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		got := ""
		if err := validate.Standalone(typed); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
