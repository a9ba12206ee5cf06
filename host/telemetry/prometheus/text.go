package prometheus

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// appendText appends all metrics in the text format. Metrics of a kind that the SDK
// never makes by default (exponential histograms, summaries) are left out, and so is one
// whose name, in Prometheus' letters, another has already: the format has each name once.
func appendText(b []byte, all *metricdata.ResourceMetrics) []byte {
	if all.Resource != nil && all.Resource.Len() > 0 {
		b = appendHead(b, "target_info", "gauge", "What the metrics are of.")
		b = appendSample(b, "target_info", labels(all.Resource.Set(), nil), "1")
	}
	seen := map[string]bool{}
	for _, scope := range all.ScopeMetrics {
		from := []label{{"otel_scope_name", scope.Scope.Name}, {"otel_scope_version", scope.Scope.Version}}
		for _, m := range scope.Metrics {
			if name := familyName(m); !seen[name] {
				seen[name] = true
				b = appendMetric(b, m, name, from)
			}
		}
	}
	return b
}

func appendMetric(b []byte, m metricdata.Metrics, name string, from []label) []byte {
	switch d := m.Data.(type) {
	case metricdata.Sum[int64]:
		return appendSum(b, name, m.Description, d, from, formatInt)
	case metricdata.Sum[float64]:
		return appendSum(b, name, m.Description, d, from, formatFloat)
	case metricdata.Gauge[int64]:
		return appendPoints(appendHead(b, name, "gauge", m.Description), name, d.DataPoints, from, formatInt)
	case metricdata.Gauge[float64]:
		return appendPoints(appendHead(b, name, "gauge", m.Description), name, d.DataPoints, from, formatFloat)
	case metricdata.Histogram[int64]:
		return appendHistogram(b, name, m.Description, d, from, formatInt)
	case metricdata.Histogram[float64]:
		return appendHistogram(b, name, m.Description, d, from, formatFloat)
	}
	return b
}

func appendSum[N int64 | float64](b []byte, name, help string, d metricdata.Sum[N], from []label, format func(N) string) []byte {
	kind := "gauge"
	if d.IsMonotonic {
		kind = "counter"
	}
	return appendPoints(appendHead(b, name, kind, help), name, d.DataPoints, from, format)
}

func appendPoints[N int64 | float64](b []byte, name string, points []metricdata.DataPoint[N], from []label, format func(N) string) []byte {
	for _, p := range points {
		b = appendSample(b, name, labels(&p.Attributes, from), format(p.Value))
	}
	return b
}

// appendHistogram appends cumulative buckets, where the SDK counts each for itself.
func appendHistogram[N int64 | float64](b []byte, name, help string, d metricdata.Histogram[N], from []label, format func(N) string) []byte {
	b = appendHead(b, name, "histogram", help)
	for _, p := range d.DataPoints {
		ls, below := labels(&p.Attributes, from), uint64(0)
		for i, bound := range p.Bounds {
			below += p.BucketCounts[i]
			b = appendSample(b, name+"_bucket", append(slices.Clip(ls), label{"le", formatFloat(bound)}), strconv.FormatUint(below, 10))
		}
		count := strconv.FormatUint(p.Count, 10)
		b = appendSample(b, name+"_bucket", append(slices.Clip(ls), label{"le", "+Inf"}), count)
		b = appendSample(b, name+"_sum", ls, format(p.Sum))
		b = appendSample(b, name+"_count", ls, count)
	}
	return b
}

func formatInt(v int64) string { return strconv.FormatInt(v, 10) }

func formatFloat(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "+Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

var (
	escapeHelp  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	escapeValue = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

func appendHead(b []byte, name, kind, help string) []byte {
	if help != "" {
		b = append(b, "# HELP "+name+" "+escapeHelp.Replace(help)+"\n"...)
	}
	return append(b, "# TYPE "+name+" "+kind+"\n"...)
}

type label struct{ name, value string }

func appendSample(b []byte, name string, ls []label, value string) []byte {
	b = append(b, name...)
	for i, l := range ls {
		b = append(b, "{,"[min(i, 1)])
		b = append(b, l.name+`="`+escapeValue.Replace(l.value)+`"`...)
	}
	if len(ls) > 0 {
		b = append(b, '}')
	}
	return append(b, " "+value+"\n"...)
}

// labels are those of a point and those of its scope that say something, in the order
// of their names. Attributes whose names become the same are joined with a semicolon.
func labels(set *attribute.Set, from []label) []label {
	ls := make([]label, 0, set.Len()+len(from))
	for _, a := range set.ToSlice() {
		name := legal(string(a.Key))
		if name == "le" { // a histogram's own
			name = "exported_le"
		}
		ls = append(ls, label{name, strings.ToValidUTF8(a.Value.String(), "\ufffd")})
	}
	for _, l := range from {
		if l.value != "" {
			ls = append(ls, l)
		}
	}
	slices.SortStableFunc(ls, func(a, b label) int { return cmp.Compare(a.name, b.name) })
	joined := ls[:0]
	for _, l := range ls {
		if n := len(joined); n > 0 && joined[n-1].name == l.name {
			joined[n-1].value += ";" + l.value
			continue
		}
		joined = append(joined, l)
	}
	return joined
}

// familyName is what a metric is called as a whole: counters end in _total.
func familyName(m metricdata.Metrics) string {
	name, counts := metricName(m), false
	switch d := m.Data.(type) {
	case metricdata.Sum[int64]:
		counts = d.IsMonotonic
	case metricdata.Sum[float64]:
		counts = d.IsMonotonic
	}
	if counts {
		return strings.TrimSuffix(name, "_total") + "_total"
	}
	return name
}

// metricName is a metric's name with its unit in Prometheus' words. What stands in
// braces is for reading only, and a counter of something without a unit is no ratio.
func metricName(m metricdata.Metrics) string {
	name, unit := legal(m.Name), m.Unit
	switch unit {
	case "s":
		unit = "seconds"
	case "ms":
		unit = "milliseconds"
	case "By":
		unit = "bytes"
	case "%":
		unit = "percent"
	case "1":
		switch m.Data.(type) {
		case metricdata.Gauge[int64], metricdata.Gauge[float64]:
			unit = "ratio"
		default:
			unit = ""
		}
	}
	if unit == "" || unit[0] == '{' || strings.HasSuffix(name, "_"+legal(unit)) {
		return name
	}
	return name + "_" + legal(unit)
}

// legal makes a name of letters, digits and single underscores that does not begin
// with a digit.
func legal(name string) string {
	b := make([]byte, 0, len(name)+1)
	for _, c := range []byte(name) {
		digit := '0' <= c && c <= '9'
		if !digit && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			c = '_'
		}
		if digit && len(b) == 0 || c == '_' && len(b) > 0 && b[len(b)-1] == '_' {
			if c == '_' {
				continue
			}
			b = append(b, '_')
		}
		b = append(b, c)
	}
	return string(b)
}
