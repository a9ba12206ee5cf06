package io

import (
	"errors"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/wit"
)

// Pollable is behind the resource pollable.
type Pollable struct{ Event Event }

// OwnPollable makes a handle of the resource pollable, which is ready when e is.
func OwnPollable(c *host.Call, e Event) value.Value {
	return c.Own(wit.Resource("wasi:io/poll", "pollable"), &Pollable{Event: e})
}

var errNothingToPoll = errors.New("the list of pollables is empty")

func pollInterface() *host.Interface {
	return wit.Implement("wasi:io/poll", map[string]host.Func{
		"[method]pollable.ready": pollableReady,
		"[method]pollable.block": pollableBlock,
		"poll":                   poll,
	})
}

func pollableReady(_ *host.Call, args []value.Value) (value.Value, error) {
	p, err := host.Object[*Pollable](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return value.Bool(p.Event.Ready()), nil
}

func pollableBlock(c *host.Call, args []value.Value) (value.Value, error) {
	p, err := host.Object[*Pollable](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return value.Value{}, Wait(c.Context(), p.Event)
}

// poll waits until a pollable is ready and returns the positions of all that are.
// A pollable may be in the list more than once.
func poll(c *host.Call, args []value.Value) (value.Value, error) {
	in := args[0]
	if in.Len() == 0 {
		return value.Value{}, errNothingToPoll
	}
	events := make([]Event, in.Len())
	for i := range events {
		p, err := host.Object[*Pollable](in.At(i))
		if err != nil {
			return value.Value{}, err
		}
		events[i] = p.Event
	}
	for {
		if err := Wait(c.Context(), events...); err != nil {
			return value.Value{}, err
		}
		var ready []value.Value
		for i, e := range events {
			if e.Ready() {
				ready = append(ready, value.U32(uint32(i)))
			}
		}
		// What was ready a moment ago may not be any more: another instance may
		// have taken the data.
		if len(ready) > 0 {
			return value.List(ready...), nil
		}
	}
}
