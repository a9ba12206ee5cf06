package io

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
)

func outputCheckWrite(c *host.Call, args []value.Value) (value.Value, error) {
	s, err := host.Object[*OutputStream](args[0])
	if err != nil {
		return value.Value{}, err
	}
	n, err := s.checkWrite()
	v := value.U64(n)
	return streamResult(c, &v, err)
}

func outputWrite(c *host.Call, args []value.Value) (value.Value, error) {
	s, err := host.Object[*OutputStream](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return streamResult(c, nil, s.write(args[1].Bytes()))
}

func outputBlockingWriteAndFlush(c *host.Call, args []value.Value) (value.Value, error) {
	s, err := host.Object[*OutputStream](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return streamResult(c, nil, s.blockingWriteAndFlush(c.Context(), args[1].Bytes()))
}

func outputFlush(c *host.Call, args []value.Value) (value.Value, error) {
	s, err := host.Object[*OutputStream](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return streamResult(c, nil, s.flush())
}

func outputBlockingFlush(c *host.Call, args []value.Value) (value.Value, error) {
	s, err := host.Object[*OutputStream](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return streamResult(c, nil, s.blockingFlush(c.Context()))
}

func outputSubscribe(c *host.Call, args []value.Value) (value.Value, error) {
	s, err := host.Object[*OutputStream](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return OwnPollable(c, s), nil
}

// outputWriteZeroes is write of len zeroes. The permit, which is small, is checked
// before they are made.
func outputWriteZeroes(c *host.Call, args []value.Value) (value.Value, error) {
	s, err := host.Object[*OutputStream](args[0])
	if err != nil {
		return value.Value{}, err
	}
	n := args[1].U64()
	if !s.closed && n > s.permit {
		return value.Value{}, &PermitError{Permitted: s.permit, Written: n}
	}
	return streamResult(c, nil, s.write(make([]byte, min(n, s.permit))))
}

func outputBlockingWriteZeroesAndFlush(c *host.Call, args []value.Value) (value.Value, error) {
	s, err := host.Object[*OutputStream](args[0])
	if err != nil {
		return value.Value{}, err
	}
	n := args[1].U64()
	if n > BlockingWriteLimit {
		return value.Value{}, &PermitError{Permitted: BlockingWriteLimit, Written: n}
	}
	return streamResult(c, nil, s.blockingWriteAndFlush(c.Context(), make([]byte, n)))
}

func outputSplice(c *host.Call, args []value.Value) (value.Value, error) {
	s, src, err := spliceEnds(args)
	if err != nil {
		return value.Value{}, err
	}
	n, err := s.splice(src, args[2].U64())
	v := value.U64(n)
	return streamResult(c, &v, err)
}

func outputBlockingSplice(c *host.Call, args []value.Value) (value.Value, error) {
	s, src, err := spliceEnds(args)
	if err != nil {
		return value.Value{}, err
	}
	n, err := s.blockingSplice(c.Context(), src, args[2].U64())
	v := value.U64(n)
	return streamResult(c, &v, err)
}

func spliceEnds(args []value.Value) (*OutputStream, *InputStream, error) {
	s, err := host.Object[*OutputStream](args[0])
	if err != nil {
		return nil, nil, err
	}
	src, err := host.Object[*InputStream](args[1])
	return s, src, err
}
