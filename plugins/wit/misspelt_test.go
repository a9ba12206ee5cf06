package wit_test

import "github.com/sidecall/sidecall/host"

var misspelt = map[string]host.Func{"pol": nil}
