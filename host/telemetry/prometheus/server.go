package prometheus

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// Server is a reader of the SDK's metrics that collects them whenever /metrics is
// asked for.
type Server struct {
	*sdkmetric.ManualReader
	http     *http.Server
	listener net.Listener
}

// Listen serves at OTEL_EXPORTER_PROMETHEUS_HOST and _PORT, by default localhost:9464;
// port 0 is any that is free. The options are those of the SDK's reader. The error says which
// variable is wrong, or that the address can't be had. Shutdown ends it.
func Listen(getenv func(string) string, options ...sdkmetric.ManualReaderOption) (*Server, error) {
	host, port := getenv("OTEL_EXPORTER_PROMETHEUS_HOST"), getenv("OTEL_EXPORTER_PROMETHEUS_PORT")
	if host == "" {
		host = "localhost"
	}
	if port == "" {
		port = "9464"
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return nil, fmt.Errorf("OTEL_EXPORTER_PROMETHEUS_PORT is %q, which is not a port", port)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("metrics for Prometheus (OTEL_EXPORTER_PROMETHEUS_HOST and _PORT say where): %w", err)
	}
	s := &Server{ManualReader: sdkmetric.NewManualReader(options...), listener: l}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", s.serve)
	// A scrape is a small request and a small answer: whoever takes longer is not
	// Prometheus.
	s.http = &http.Server{Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: 5 * time.Minute, MaxHeaderBytes: 16 << 10}
	go func() { _ = s.http.Serve(l) }() // ends by Shutdown only
	return s, nil
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Shutdown lets scrapes that run end, as long as ctx lasts.
func (s *Server) Shutdown(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		_ = s.http.Close()
	}
	return s.ManualReader.Shutdown(ctx)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	var all metricdata.ResourceMetrics
	if err := s.Collect(r.Context(), &all); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(appendText(nil, &all))
}
