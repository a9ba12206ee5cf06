// Package prometheus answers Prometheus, which fetches metrics where OTLP has them
// sent: the SDK's metrics in the text format 0.0.4, named as OpenTelemetry's
// specification ("Prometheus and OpenMetrics Compatibility") says.
//
// In: the environment variables OTEL_EXPORTER_PROMETHEUS_*, an SDK's metrics. Out: an
// HTTP server with /metrics. Next: host/telemetry. Must not import: anything of ours.
package prometheus
