package otlp

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

// FuzzAnswer: whatever a collector answers, the next attempt is at a time to come.
func FuzzAnswer(f *testing.F) {
	f.Add(503, "3", "", "")
	f.Add(429, "-1", "8", "busy")
	f.Add(200, "9223372036854775807", "14", "a\nb")
	f.Add(503, "9223372037", "0", "")
	f.Fuzz(func(t *testing.T, status int, after, code, message string) {
		r := &http.Response{StatusCode: status, Status: "some status", Header: http.Header{"Retry-After": {after}, "Grpc-Status": {code}},
			Trailer: http.Header{"Grpc-Message": {message}}}
		c := &client{}
		for _, err := range []error{c.refused(r), grpcStatus(r)} {
			var retry *retryError
			if errors.As(err, &retry) && (retry.after < 0 || retry.after > time.Hour || err.Error() == "") {
				t.Errorf("%v: again after %v", err, retry.after)
			}
		}
	})
}
