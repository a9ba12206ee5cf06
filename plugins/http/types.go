package http

import (
	"errors"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	wasiio "github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/plugins/wit"
)

func types() *host.Interface {
	return wit.Implement("wasi:http/types", map[string]host.Func{
		"http-error-code": httpErrorCode,

		"[constructor]fields":      newFields,
		"[static]fields.from-list": fieldsFromList,
		"[method]fields.get":       fieldsGet,
		"[method]fields.has":       fieldsHas,
		"[method]fields.set":       fieldsSet,
		"[method]fields.delete":    fieldsDelete,
		"[method]fields.append":    fieldsAppend,
		"[method]fields.entries":   fieldsEntries,
		"[method]fields.clone":     fieldsClone,

		"[method]incoming-request.method":          incomingRequestMethod,
		"[method]incoming-request.path-with-query": incomingRequestPathWithQuery,
		"[method]incoming-request.scheme":          incomingRequestScheme,
		"[method]incoming-request.authority":       incomingRequestAuthority,
		"[method]incoming-request.headers":         incomingRequestHeaders,
		"[method]incoming-request.consume":         incomingRequestConsume,

		"[constructor]outgoing-request":                newOutgoingRequest,
		"[method]outgoing-request.body":                outgoingRequestBody,
		"[method]outgoing-request.method":              outgoingRequestMethod,
		"[method]outgoing-request.set-method":          outgoingRequestSetMethod,
		"[method]outgoing-request.path-with-query":     outgoingRequestPathWithQuery,
		"[method]outgoing-request.set-path-with-query": outgoingRequestSetPathWithQuery,
		"[method]outgoing-request.scheme":              outgoingRequestScheme,
		"[method]outgoing-request.set-scheme":          outgoingRequestSetScheme,
		"[method]outgoing-request.authority":           outgoingRequestAuthority,
		"[method]outgoing-request.set-authority":       outgoingRequestSetAuthority,
		"[method]outgoing-request.headers":             outgoingRequestHeaders,

		"[constructor]request-options":                      newRequestOptions,
		"[method]request-options.connect-timeout":           getTimeout(connectTimeout),
		"[method]request-options.set-connect-timeout":       setTimeout(connectTimeout),
		"[method]request-options.first-byte-timeout":        getTimeout(firstByteTimeout),
		"[method]request-options.set-first-byte-timeout":    setTimeout(firstByteTimeout),
		"[method]request-options.between-bytes-timeout":     getTimeout(betweenBytesTimeout),
		"[method]request-options.set-between-bytes-timeout": setTimeout(betweenBytesTimeout),

		"[method]response-outparam.send-informational": responseOutparamSendInformational,
		"[static]response-outparam.set":                responseOutparamSet,

		"[method]incoming-response.status":  incomingResponseStatus,
		"[method]incoming-response.headers": incomingResponseHeaders,
		"[method]incoming-response.consume": incomingResponseConsume,

		"[method]incoming-body.stream": incomingBodyStream,
		"[static]incoming-body.finish": incomingBodyFinish,

		"[method]future-trailers.subscribe": futureTrailersSubscribe,
		"[method]future-trailers.get":       futureTrailersGet,

		"[constructor]outgoing-response":            newOutgoingResponse,
		"[method]outgoing-response.status-code":     outgoingResponseStatusCode,
		"[method]outgoing-response.set-status-code": outgoingResponseSetStatusCode,
		"[method]outgoing-response.headers":         outgoingResponseHeaders,
		"[method]outgoing-response.body":            outgoingResponseBody,

		"[method]outgoing-body.write":  outgoingBodyWrite,
		"[static]outgoing-body.finish": outgoingBodyFinish,

		"[method]future-incoming-response.subscribe": futureResponseSubscribe,
		"[method]future-incoming-response.get":       futureResponseGet,
	})
}

// httpErrorCode answers for the errors of streams of bodies.
func httpErrorCode(_ *host.Call, args []value.Value) (value.Value, error) {
	e, err := host.Object[*wasiio.Error](args[0])
	if err != nil {
		return value.Value{}, err
	}
	var code *Error
	if !errors.As(e.Err, &code) {
		return value.None(), nil
	}
	return value.Some(code.value()), nil
}
