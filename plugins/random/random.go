package random

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/wit"
)

func random() *host.Interface {
	return wit.Implement("wasi:random/random", map[string]host.Func{
		"get-random-bytes": getRandomBytes,
		"get-random-u64":   getRandomU64,
	})
}

func getRandomBytes(_ *host.Call, args []value.Value) (value.Value, error) {
	n := args[0].U64()
	if err := checkLength(n); err != nil {
		return value.Value{}, err
	}
	b := make([]byte, n)
	_, err := rand.Read(b)
	return value.Bytes(b), err
}

func getRandomU64(*host.Call, []value.Value) (value.Value, error) {
	var b [8]byte
	_, err := rand.Read(b[:])
	return value.U64(binary.LittleEndian.Uint64(b[:])), err
}
