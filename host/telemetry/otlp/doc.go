// Package otlp sends spans and metrics by the OpenTelemetry protocol: protobuf over
// HTTP, or gRPC's framing of it over HTTP/2. It writes the few messages that there
// are by itself: the libraries for protobuf and gRPC would be half of the binary, and
// twice the memory of a process that sends nothing.
//
// In: what the SDK collects, the variables OTEL_EXPORTER_OTLP_*. Out: requests to a
// collector. Next: telemetry. Must not import: anything of ours.
package otlp
