// Package telemetry makes what compositions do visible: what guests print as entries
// of a log, and requests, calls between components and outgoing requests as traces
// and metrics of OpenTelemetry.
//
// In: a log, the environment variables OTEL_*, what host and servers tell. Out:
// standard streams for host, spans and metrics. Next: cmd, shim. Must not import:
// plugins, the linker.
package telemetry
