package report

import (
	"io"

	"github.com/sidecall/sidecall/components/printable"
)

// CleanJSON returns a Writer of JSON text to w that has every character escaped which a
// terminal would act on. Each Write must be given whole values, as encoders and logs do.
func CleanJSON(w io.Writer) io.Writer { return cleanJSON{w} }

type cleanJSON struct{ w io.Writer }

func (c cleanJSON) Write(text []byte) (int, error) {
	if _, err := c.w.Write(printable.JSON(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// CleanEvent makes an event of a log fit to be shown as text: a zerolog.ConsoleWriter
// calls it before it formats the event, and puts colours around what it returns.
func CleanEvent(event map[string]any) error {
	clean(event)
	return nil
}

func clean(v any) any {
	switch v := v.(type) {
	case string:
		return printable.Text(v)
	case []any:
		for i := range v {
			v[i] = clean(v[i])
		}
	case map[string]any:
		for name, inner := range v {
			delete(v, name)
			v[printable.Text(name)] = clean(inner)
		}
	}
	return v
}
