package compile

import (
	"errors"
	"fmt"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/linker/plan"
)

// checkBorder notes a call of a singleton that takes resources along which are not
// the singleton's own. Those of the host, such as streams, and all that comes of
// them, belong to the store that made them and end with it: a singleton that kept one
// would use it beside the request that it is of.
func (c *compiler) checkBorder(call *plan.Call) error {
	store := c.plan.Crosses(call)
	if store == 0 {
		return nil
	}
	for _, r := range call.Resources {
		res := &c.plan.Resources[r]
		if res.Instance >= 0 && c.plan.StoreOf(res.Instance) == store {
			continue
		}
		e := &BorderError{Singleton: c.componentOf(call.Side[canon.Callee].Instance), Function: call.Program.Name, Resource: res.Name}
		e.Caller = c.g.Components[c.g.Main].Name
		if caller := call.Side[canon.Caller].Instance; caller >= 0 {
			e.Caller = c.componentOf(caller)
		}
		if res.Instance >= 0 {
			e.Owner = c.componentOf(res.Instance)
		}
		if c.border = append(c.border, &Error{Component: e.Singleton, Err: e}); len(c.border) == maxBorder {
			return errors.Join(c.border...)
		}
		return nil
	}
	return nil
}

// maxBorder bounds how many such calls are told.
const maxBorder = 20

// componentOf is the name of the component that an instance is of.
func (c *compiler) componentOf(inst int) string {
	return c.plan.Components[c.plan.Instances[inst].Component].Name
}

// BorderError says why a component cannot be a singleton beside one that is made
// for each request: a call would take a resource along that is not the singleton's.
type BorderError struct {
	// Caller calls Function of Singleton with a Resource of Owner, which is empty for
	// the host.
	Caller, Singleton, Function, Resource, Owner string
}

func (e *BorderError) Error() string {
	owner := "the host"
	if e.Owner != "" {
		owner = e.Owner
	}
	return fmt.Sprintf("%s is singleton, but %s calls its %s with a resource of %s, %s, which belongs to the instances for one request",
		e.Singleton, e.Caller, e.Function, owner, e.Resource)
}
