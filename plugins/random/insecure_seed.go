package random

import (
	"math/rand/v2"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/wit"
)

func insecureSeed() *host.Interface {
	return wit.Implement("wasi:random/insecure-seed", map[string]host.Func{
		"insecure-seed": getInsecureSeed,
	})
}

func getInsecureSeed(*host.Call, []value.Value) (value.Value, error) {
	return value.Tuple(value.U64(rand.Uint64()), value.U64(rand.Uint64())), nil
}
