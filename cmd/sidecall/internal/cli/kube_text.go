package cli

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
	"github.com/sidecall/sidecall/shim/install"
)

// kube is what a manifest of Kubernetes' says.
type kube struct {
	name, image string
	// memory and cpu are quantities of Kubernetes', and estimated says where memory comes
	// from, if nobody said it.
	memory, cpu, estimated string
	// metrics is 0 for none.
	port, replicas, health, metrics int
	live, ready                     string // paths of the probes
	pdb, spread                     bool
}

// deployment is a Deployment, its Service, and what else is asked for.
func (k *kube) deployment() string {
	text := fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: %[1]s
  labels: {app.kubernetes.io/name: %[1]s}
spec:
  replicas: %[2]d
  selector:
    matchLabels: {app.kubernetes.io/name: %[1]s}
  template:
    metadata:
      labels: {app.kubernetes.io/name: %[1]s}
%[3]s    spec:
%[4]s          env:
            - {name: %[5]s, value: "0.0.0.0:%[6]d"}
            - {name: %[7]s, value: "0.0.0.0:%[8]d"}
%[9]s          ports:
            - {name: http, containerPort: %[6]d}
            - {name: health, containerPort: %[8]d}
%[10]s          readinessProbe:
            httpGet: {port: health, path: %[12]s}
            periodSeconds: 2
          livenessProbe:
            httpGet: {port: health, path: %[11]s}
            failureThreshold: 5
          lifecycle: # requests still come until every node knows that this pod goes; those that come learn it
            preStop: {exec: {command: [sidecall, drain, --wait, 5s]}}
---
apiVersion: v1
kind: Service
metadata:
  name: %[1]s
spec:
  selector: {app.kubernetes.io/name: %[1]s}
  ports:
    - {name: http, port: 80, targetPort: http}
`, k.name, k.replicas, k.annotations(), k.pod(6), settings.EnvName(settings.Listen), k.port, settings.EnvName(settings.HealthListen), k.health,
		k.metricsEnv(), k.metricsPort(), yamlPath(k.live), yamlPath(k.ready))
	if k.pdb {
		text += fmt.Sprintf(`---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: %[1]s
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {app.kubernetes.io/name: %[1]s}
`, k.name)
	}
	return text
}

// yamlPath is a path as YAML has it anywhere: what an image's manifest says must not be
// taken for more keys.
func yamlPath(path string) string {
	if plainPath.MatchString(path) {
		return path
	}
	return fmt.Sprintf("%+q", path)
}

var plainPath = regexp.MustCompile(`^/[A-Za-z0-9/._-]*$`)

// annotations are those by which Prometheus finds pods where nothing else is agreed upon.
func (k *kube) annotations() string {
	if k.metrics == 0 {
		return ""
	}
	return fmt.Sprintf("      annotations: {prometheus.io/scrape: \"true\", prometheus.io/port: \"%d\"}\n", k.metrics)
}

func (k *kube) metricsEnv() string {
	if k.metrics == 0 {
		return ""
	}
	return fmt.Sprintf(`            - {name: OTEL_METRICS_EXPORTER, value: prometheus}
            - {name: OTEL_EXPORTER_PROMETHEUS_HOST, value: 0.0.0.0}
            - {name: OTEL_EXPORTER_PROMETHEUS_PORT, value: "%d"}
`, k.metrics)
}

func (k *kube) metricsPort() string {
	if k.metrics == 0 {
		return ""
	}
	return fmt.Sprintf("            - {name: metrics, containerPort: %d}\n", k.metrics)
}

func (k *kube) job() string {
	return fmt.Sprintf(`apiVersion: batch/v1
kind: Job
metadata:
  name: %[1]s
  labels: {app.kubernetes.io/name: %[1]s}
spec:
  template:
    metadata:
      labels: {app.kubernetes.io/name: %[1]s}
    spec:
      restartPolicy: Never
%[2]s`, k.name, k.pod(6))
}

// pod is a pod's spec up to its container, for the restricted Pod Security Standard.
func (k *kube) pod(indent int) string {
	text := fmt.Sprintf(`runtimeClassName: %s
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  seccompProfile: {type: RuntimeDefault}
%scontainers:
  - name: %s
    image: %s
    terminationMessagePolicy: FallbackToLogsOnError
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {drop: [ALL]}
    resources:%s
      requests: {cpu: %[7]s, memory: %[6]s}
      limits: {memory: %[6]s}
`, install.Handler, k.spreading(), k.name, k.image, k.comment(), k.memory, k.cpu)
	pad := strings.Repeat(" ", indent)
	return pad + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+pad) + "\n"
}

// comment is of the memory that is asked for, in lines of a width that is easy to read.
func (k *kube) comment() (text string) {
	if k.estimated == "" {
		return ""
	}
	line := "      #"
	for _, word := range strings.Fields(k.estimated) {
		if len(line)+1+len(word) > 90 {
			text, line = text+"\n"+line, "      #"
		}
		line += " " + word
	}
	return text + "\n" + line
}

func (k *kube) spreading() (text string) {
	if !k.spread {
		return ""
	}
	text = "topologySpreadConstraints:\n"
	for _, key := range []string{"kubernetes.io/hostname", "topology.kubernetes.io/zone"} {
		text += fmt.Sprintf(`  - maxSkew: 1
    topologyKey: %s
    whenUnsatisfiable: ScheduleAnyway
    labelSelector: {matchLabels: {app.kubernetes.io/name: %s}}
`, key, k.name)
	}
	return text
}
