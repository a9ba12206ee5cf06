package cli

import (
	"cmp"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
	"github.com/sidecall/sidecall/components/store"
	"github.com/sidecall/sidecall/shim/install"
)

func (a *app) kubeCommand() *cobra.Command {
	var port, replicas int
	var memory string
	t := &target{}
	cmd := &cobra.Command{
		Use:   "kube IMAGE",
		Short: "Print the Kubernetes manifest that runs an image",
		Long: `kube prints what kubectl apply takes: a Deployment and a Service for a composition that
serves HTTP, a Job for one that runs and ends. The pod fits the restricted Pod Security
Standard, and names the image by its digest. It needs the RuntimeClass sidecall, which
shim/deploy in sidecall's source has.`,
		Example: `  sidecall kube ghcr.io/acme/orders:1.0 | kubectl apply -f -`,
		Args:    noMore(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{message: "kube: which image?", hint: "push the composition first, then: sidecall kube IMAGE"}
			}
			ref, err := store.ParseRef(args[0])
			if err != nil {
				return fileError(err)
			}
			t.path = args[0]
			r, err := a.link(t)
			if err != nil {
				return err
			}
			if err := r.Diagnostics.Err(); err != nil {
				return err
			}
			f, err := a.image(args[0])
			if err != nil {
				return err
			}
			k := kube{name: r.Manifest.Name, port: port, replicas: replicas, memory: memory,
				image: fmt.Sprintf("%s/%s@%s", ref.Registry, ref.Repository, f.Digest)}
			k.health, k.live, k.ready = 8081, "/healthz", "/readyz"
			if h := r.Manifest.HTTP; h != nil {
				if !cmd.Flags().Changed("port") {
					k.port = portOf(h.Listen, k.port)
				}
				k.health = portOf(h.Health.Listen, k.health)
				k.live, k.ready = cmp.Or(h.Health.Liveness, k.live), cmp.Or(h.Health.Readiness, k.ready)
			}
			if k.health == k.port {
				k.health++
			}
			text := k.job()
			if commandFor(r.Plan) == "serve" {
				text = k.deployment()
			}
			_, err = fmt.Fprint(a.stdout, text)
			return err
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().IntVar(&port, "port", 8080, "the `PORT` that the composition listens at (default the manifest's, or 8080)")
	cmd.Flags().Lookup("port").DefValue = "0" // the text says it
	cmd.Flags().IntVar(&replicas, "replicas", 2, "the `NUMBER` of pods of a Deployment")
	cmd.Flags().StringVar(&memory, "memory", "64Mi", "the memory `LIMIT` of a pod")
	t.setFlag(cmd.Flags())
	settings.Flags(cmd.Flags(), settings.CacheDir)
	return cmd
}

// portOf is an address's port, or another if it has none of its own.
func portOf(address string, other int) int {
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		return other
	}
	n, err := strconv.Atoi(text)
	if err != nil || n == 0 {
		return other
	}
	return n
}

type kube struct {
	name, image, memory    string
	port, replicas, health int
	live, ready            string // paths of the probes
}

func (k *kube) deployment() string {
	return fmt.Sprintf(`apiVersion: apps/v1
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
    spec:
%[3]s          env:
            - {name: %[6]s, value: "0.0.0.0:%[4]d"}
            - {name: %[7]s, value: "0.0.0.0:%[5]d"}
          ports:
            - {name: http, containerPort: %[4]d}
            - {name: health, containerPort: %[5]d}
          readinessProbe:
            httpGet: {port: health, path: %[9]s}
            periodSeconds: 2
          livenessProbe:
            httpGet: {port: health, path: %[8]s}
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
`, k.name, k.replicas, k.pod(6), k.port, k.health, settings.EnvName(settings.Listen), settings.EnvName(settings.HealthListen), yamlPath(k.live), yamlPath(k.ready))
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
containers:
  - name: %s
    image: %s
    terminationMessagePolicy: FallbackToLogsOnError
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {drop: [ALL]}
    resources:
      requests: {cpu: 10m, memory: %[4]s}
      limits: {memory: %[4]s}
`, install.Handler, k.name, k.image, k.memory)
	pad := strings.Repeat(" ", indent)
	return pad + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+pad) + "\n"
}
