package manifest

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/sidecall/sidecall/linker/diag"
)

// FromFiles makes the manifest of a composition that a command line describes: app
// is main, args are its arguments, and with are its sidecars, linked by what they
// export. Components are named after their files: lower case, what is no letter or
// digit as hyphens, numbered where two would have one name.
func FromFiles(app string, with, args []string) *Manifest {
	m := &Manifest{}
	for i, file := range append([]string{app}, with...) {
		pos := diag.Pos{File: file}
		c := Component{Name: m.unique(nameOf(file)), Pos: pos, File: file, FilePos: pos}
		if i == 0 {
			m.Name, m.Main, m.MainPos = c.Name, c.Name, pos
			c.Args, c.ArgsPos = args, pos
		}
		m.Components = append(m.Components, c)
	}
	return m
}

func nameOf(file string) string {
	base := filepath.Base(file)
	base = strings.ToLower(strings.TrimSuffix(base, filepath.Ext(base)))
	words := strings.FieldsFunc(base, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	name := strings.Join(words, "-")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = strings.TrimSuffix("component-"+name, "-")
	}
	return name
}

// unique numbers a name that is taken or reserved.
func (m *Manifest) unique(name string) string {
	try := name
	for n := 2; try == Host || m.Component(try) != nil; n++ {
		try = name + "-" + strconv.Itoa(n)
	}
	return try
}
