package guest

import (
	"reflect"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// TestEveryMethod: exporters may call any method of the interface, also those which the next
// version of the SDK adds.
func TestEveryMethod(t *testing.T) {
	span := reflect.ValueOf((&Span{}).Of(nil))
	methods := reflect.TypeFor[sdktrace.ReadOnlySpan]()
	for i := range methods.NumMethod() {
		if m := methods.Method(i); m.IsExported() {
			span.MethodByName(m.Name).Call(nil) // panics if nobody has written it
		}
	}
}
