package http

import (
	"github.com/sidecall/sidecall/host"
	wasiio "github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/plugins/wit"
)

func types() *host.Interface {
	return wit.Implement("wasi:http/types", map[string]host.Func{
		"http-error-code": wasiio.CodeOf((*Error).value),

		"[constructor]fields":      newFields,
		"[static]fields.from-list": fieldsFromList,
		"[method]fields.get":       wit.Method(fieldsGet),
		"[method]fields.has":       wit.Method(fieldsHas),
		"[method]fields.set":       wit.Method(fieldsSet),
		"[method]fields.delete":    wit.Method(fieldsDelete),
		"[method]fields.append":    wit.Method(fieldsAppend),
		"[method]fields.entries":   wit.Method(fieldsEntries),
		"[method]fields.clone":     wit.Method(fieldsClone),

		"[method]incoming-request.method":          wit.Method(incomingRequestMethod),
		"[method]incoming-request.path-with-query": wit.Method(incomingRequestPathWithQuery),
		"[method]incoming-request.scheme":          wit.Method(incomingRequestScheme),
		"[method]incoming-request.authority":       wit.Method(incomingRequestAuthority),
		"[method]incoming-request.headers":         wit.Method(incomingHeaders),
		"[method]incoming-request.consume":         wit.Method(consumeIncoming),

		"[constructor]outgoing-request":                wit.Method(newOutgoingRequest),
		"[method]outgoing-request.body":                wit.Method(takeOutgoingBody),
		"[method]outgoing-request.method":              wit.Method(outgoingRequestMethod),
		"[method]outgoing-request.set-method":          wit.Method(outgoingRequestSetMethod),
		"[method]outgoing-request.path-with-query":     wit.Method(outgoingRequestPathWithQuery),
		"[method]outgoing-request.set-path-with-query": wit.Method(outgoingRequestSetPathWithQuery),
		"[method]outgoing-request.scheme":              wit.Method(outgoingRequestScheme),
		"[method]outgoing-request.set-scheme":          wit.Method(outgoingRequestSetScheme),
		"[method]outgoing-request.authority":           wit.Method(outgoingRequestAuthority),
		"[method]outgoing-request.set-authority":       wit.Method(outgoingRequestSetAuthority),
		"[method]outgoing-request.headers":             wit.Method(outgoingHeaders),

		"[constructor]request-options":                      newRequestOptions,
		"[method]request-options.connect-timeout":           getTimeout(connectTimeout),
		"[method]request-options.set-connect-timeout":       setTimeout(connectTimeout),
		"[method]request-options.first-byte-timeout":        getTimeout(firstByteTimeout),
		"[method]request-options.set-first-byte-timeout":    setTimeout(firstByteTimeout),
		"[method]request-options.between-bytes-timeout":     getTimeout(betweenBytesTimeout),
		"[method]request-options.set-between-bytes-timeout": setTimeout(betweenBytesTimeout),

		"[method]response-outparam.send-informational": wit.Method(responseOutparamSendInformational),
		"[static]response-outparam.set":                wit.Method(responseOutparamSet),

		"[method]incoming-response.status":  wit.Method(incomingResponseStatus),
		"[method]incoming-response.headers": wit.Method(incomingHeaders),
		"[method]incoming-response.consume": wit.Method(consumeIncoming),

		"[method]incoming-body.stream": wit.Method(incomingBodyStream),
		"[static]incoming-body.finish": wit.Method(incomingBodyFinish),

		"[method]future-trailers.subscribe": wit.Method(futureTrailersSubscribe),
		"[method]future-trailers.get":       wit.Method(futureTrailersGet),

		"[constructor]outgoing-response":            wit.Method(newOutgoingResponse),
		"[method]outgoing-response.status-code":     wit.Method(outgoingResponseStatusCode),
		"[method]outgoing-response.set-status-code": wit.Method(outgoingResponseSetStatusCode),
		"[method]outgoing-response.headers":         wit.Method(outgoingHeaders),
		"[method]outgoing-response.body":            wit.Method(takeOutgoingBody),

		"[method]outgoing-body.write":  wit.Method(outgoingBodyWrite),
		"[static]outgoing-body.finish": wit.Method(outgoingBodyFinish),

		"[method]future-incoming-response.subscribe": wit.Method(futureResponseSubscribe),
		"[method]future-incoming-response.get":       wit.Method(futureResponseGet),
	})
}
