package io

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	"github.com/sidecall/sidecall/plugins/wit"
)

// The cases of stream-error.
const (
	caseLastOperationFailed = iota
	caseClosed
)

func streamsInterface() *host.Interface {
	return wit.Implement("wasi:io/streams", map[string]host.Func{
		"[method]input-stream.read":          inputRead,
		"[method]input-stream.blocking-read": inputBlockingRead,
		"[method]input-stream.skip":          inputSkip,
		"[method]input-stream.blocking-skip": inputBlockingSkip,
		"[method]input-stream.subscribe":     inputSubscribe,

		"[method]output-stream.check-write":                     outputCheckWrite,
		"[method]output-stream.write":                           outputWrite,
		"[method]output-stream.blocking-write-and-flush":        outputBlockingWriteAndFlush,
		"[method]output-stream.flush":                           outputFlush,
		"[method]output-stream.blocking-flush":                  outputBlockingFlush,
		"[method]output-stream.subscribe":                       outputSubscribe,
		"[method]output-stream.write-zeroes":                    outputWriteZeroes,
		"[method]output-stream.blocking-write-zeroes-and-flush": outputBlockingWriteZeroesAndFlush,
		"[method]output-stream.splice":                          outputSplice,
		"[method]output-stream.blocking-splice":                 outputBlockingSplice,
	})
}

// streamResult makes the result of a stream operation: ok with v, or, when err is
// not nil, the stream-error for it. Errors that are no fault of the stream (the
// call was interrupted, the guest broke a precondition) end the call.
func streamResult(c *host.Call, v *value.Value, err error) (value.Value, error) {
	if err == nil {
		return value.Ok(v), nil
	}
	switch e := err.(type) {
	case closedError:
		return wire.Err(value.Variant(caseClosed, nil))
	case *failedError:
		return wire.Err(wire.Case(caseLastOperationFailed, OwnError(c, e.err)))
	}
	return value.Value{}, err
}

// closedError is the stream-error closed, failedError is last-operation-failed.
type (
	closedError struct{}
	failedError struct{ err error }
)

func (closedError) Error() string    { return "stream is closed" }
func (e *failedError) Error() string { return e.err.Error() }
func (e *failedError) Unwrap() error { return e.err }
