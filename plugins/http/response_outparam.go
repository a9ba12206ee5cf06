package http

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// responseOutparam is behind the resource response-outparam: where the guest puts
// its answer to a request.
type responseOutparam struct {
	// answers takes one answer; it has room for it.
	answers chan answer
	// inform sends an informational response.
	inform func(status int, headers *fields) error
}

// answer is a response, or why there is none.
type answer struct {
	response *outgoingResponse
	err      *Error
}

// responseOutparamSendInformational sends a response before the answer. 101 is not
// one of these: connections are not handed to guests.
func responseOutparamSendInformational(_ *host.Call, o *responseOutparam, args []value.Value) (value.Value, error) {
	headers, err := host.Object[*fields](args[1])
	if err != nil {
		return value.Value{}, err
	}
	status := int(args[0].U16())
	if status < 100 || status > 199 || status == 101 {
		return errResult(fail(ProtocolError, nil))
	}
	if err := o.inform(status, headers); err != nil {
		return errResult(fail(ConnectionTerminated, err))
	}
	return wire.OkUnit()
}

func responseOutparamSet(_ *host.Call, o *responseOutparam, args []value.Value) (value.Value, error) {
	payload := wire.Payload(args[0])
	if args[0].Case() == 1 {
		o.answers <- answer{err: readError(payload)}
		return value.Value{}, nil
	}
	r, err := host.Object[*outgoingResponse](payload)
	if err != nil {
		return value.Value{}, err
	}
	if r.body != nil {
		r.broken = r.body.failed()
		r.whole = r.body.handOver()
		if r.body.trailers != nil {
			r.whole = -1
		}
	}
	o.answers <- answer{response: r}
	return value.Value{}, nil
}
