package random

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/wit"
)

func insecure() *host.Interface {
	return wit.Implement("wasi:random/insecure", map[string]host.Func{
		"get-insecure-random-bytes": getInsecureRandomBytes,
		"get-insecure-random-u64":   getInsecureRandomU64,
	})
}

func getInsecureRandomBytes(_ *host.Call, args []value.Value) (value.Value, error) {
	n := args[0].U64()
	if err := checkLength(n); err != nil {
		return value.Value{}, err
	}
	b := make([]byte, 0, n+8)
	for uint64(len(b)) < n {
		b = binary.LittleEndian.AppendUint64(b, rand.Uint64())
	}
	return value.Bytes(b[:n]), nil
}

func getInsecureRandomU64(*host.Call, []value.Value) (value.Value, error) {
	return value.U64(rand.Uint64()), nil
}
