package manifest

import "regexp"

var (
	address   = text{re: regexp.MustCompile(`^[^\s/]*:[0-9]{1,5}$`), is: "an address and a port, as in 0.0.0.0:8080"}
	urlPath   = text{re: regexp.MustCompile(`^/[!-~]*$`), is: "a path, as in /healthz"}
	count     = text{re: regexp.MustCompile(`^[1-9][0-9]{0,8}$`), is: "a whole number above 0"}
	countOr0  = text{re: regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`), is: "a whole number"}
	timeSpan  = text{re: regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{1,9})?(ms|s|m|h)$`), is: "a time with its unit, as in 500ms, 30s or 2m"}
	byteCount = text{re: regexp.MustCompile(`^([1-9][0-9]{0,15}|[1-9][0-9]{0,8}(Ki|Mi|Gi))$`), is: "a number of bytes, as in 65536, 64Ki or 16Mi"}
	policy    = text{re: regexp.MustCompile(`^(per-request|pool|singleton)$`), is: "per-request, pool or singleton"}
)

var httpShape = &shape{form: object, doc: "How the composition is served over HTTP.", fields: []field{
	{name: "listen", shape: &shape{form: str, doc: "The address to listen at.", text: address}},
	{name: "chain", shape: &shape{form: list, min: 1, doc: "The way of a request through components that import and export wasi:http/incoming-handler, the main component last.",
		elem: &shape{form: str, doc: "A component's name.", text: component}}},
	{name: "tls", shape: &shape{form: object, doc: "Serve by TLS. Files that change are read again.", fields: []field{
		{name: "cert", required: true, shape: &shape{form: str, doc: "The file of the certificate, in PEM, relative to the manifest.", text: filled}},
		{name: "key", required: true, shape: &shape{form: str, doc: "The file of its key, in PEM, relative to the manifest.", text: filled}},
	}}},
	{name: "health", shape: &shape{form: object, doc: "Where the process tells whether it lives, and whether it takes requests.", fields: []field{
		{name: "listen", required: true, shape: &shape{form: str, doc: "The address to listen at, which is not that of the composition.", text: address}},
		{name: "liveness", shape: &shape{form: str, doc: "The path that answers 200 as long as the process lives; /healthz.", text: urlPath}},
		{name: "readiness", shape: &shape{form: str, doc: "The path that answers 200 as long as requests are taken, and else 503; /readyz.", text: urlPath}},
	}}},
	{name: "limits", shape: &shape{form: object, doc: "What requests may take.", fields: []field{
		{name: "requests", shape: &shape{form: scalar, doc: "How many requests run at a time.", text: count}},
		{name: "queue", shape: &shape{form: scalar, doc: "How many more wait for their turn; those beyond are answered 503.", text: countOr0}},
		{name: "connections", shape: &shape{form: scalar, doc: "How many clients are connected at a time.", text: count}},
		{name: "deadline", shape: &shape{form: str, doc: "The time for one request, after which it is answered 504; 0s for any.", text: timeSpan}},
		{name: "write", shape: &shape{form: str, doc: "How long a client may take nothing of an answer before it is broken off; 30s, 0s for any time.", text: timeSpan}},
		{name: "header", shape: &shape{form: scalar, doc: "The size of a request's header, in bytes; above it is 431.", text: byteCount}},
		{name: "body", shape: &shape{form: scalar, doc: "The size of a request's body, in bytes. One that is announced to be longer is answered 413; of one that is not announced, the component reads no more than this.", text: byteCount}},
	}}},
	{name: "accessLog", shape: &shape{form: boolean, doc: "Whether each request is a line in the log, with its status and duration; false."}},
	{name: "drain", shape: &shape{form: object, doc: "How serving ends after SIGTERM, or SIGINT: clients are told to go, and all that comes is answered.", fields: []field{
		{name: "delay", shape: &shape{form: str, doc: "How long new connections are still accepted once readiness is withdrawn and clients are told to go, counted from sidecall drain if that came before; 0s.", text: timeSpan}},
		{name: "timeout", shape: &shape{form: str, doc: "How long the requests that are under way then may take, before they are ended; 25s.", text: timeSpan}},
	}}},
}}

var instanceShape = &shape{form: choiceOf, doc: "Which requests share an instance of the component: none (per-request), some (pool) or all (singleton). What the main component says counts for all that do not say singleton; a singleton beside a main component that is none serves one call after the other, and imports from the host and other singletons alone.", alts: []*shape{
	{form: str, text: policy},
	{form: object, fields: []field{
		{name: "policy", required: true, shape: &shape{form: str, doc: "per-request, pool or singleton.", text: policy}},
		{name: "size", shape: &shape{form: scalar, doc: "How many instances a pool has at most.", text: count}},
		{name: "maxInvocations", shape: &shape{form: scalar, doc: "After how many requests an instance is replaced.", text: count}},
		{name: "idleTimeout", shape: &shape{form: str, doc: "After what time an instance that is not used is closed.", text: timeSpan}},
	}},
}}
