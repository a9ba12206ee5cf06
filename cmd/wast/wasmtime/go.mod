module github.com/sidecall/sidecall/cmd/wast/wasmtime

go 1.26.6

require (
	github.com/bytecodealliance/wasmtime-go/v39 v39.0.1
	github.com/sidecall/sidecall v0.0.0
)

require (
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/rs/zerolog v1.35.1 // indirect
	github.com/tetratelabs/wazero v1.12.0 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/sidecall/sidecall => ../../..
