package cli

import (
	"cmp"
	"fmt"
	"net"
	"regexp"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
	"github.com/sidecall/sidecall/components/store"
)

func (a *app) kubeCommand() *cobra.Command {
	k, t := kube{}, &target{}
	requests := 0
	cmd := &cobra.Command{
		Use:   "kube IMAGE",
		Short: "Print the Kubernetes manifest that runs an image",
		Long: `kube prints what kubectl apply takes: a Deployment and a Service for a composition that
serves HTTP, a Job for one that runs and ends. The pod fits the restricted Pod Security
Standard, and names the image by its digest. It needs the RuntimeClass sidecall, which
shim/deploy in sidecall's source has.

Without --memory the pod's memory is estimated: what sidecall itself takes, compiled code,
and for each request at once the memories with which its instances begin. What they grow by
nobody can know beforehand; look at what the pod uses, and say it.`,
		Example: `  sidecall kube ghcr.io/acme/orders:1.0 | kubectl apply -f -
  sidecall kube --cpu 500m --memory 256Mi --metrics-port 9464 --pdb --spread ghcr.io/acme/orders:1.0`,
		Args: noMore(1),
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
			if !kubeName.MatchString(r.Manifest.Name) {
				return &usageError{message: fmt.Sprintf("metadata.name %q cannot be a name in Kubernetes", r.Manifest.Name),
					hint: "there it has at most 63 of a to z, 0 to 9 and hyphens, and begins and ends with none"}
			}
			k.name, k.image = r.Manifest.Name, fmt.Sprintf("%s/%s@%s", ref.Registry, ref.Repository, f.Digest)
			k.health, k.live, k.ready = 8081, "/healthz", "/readyz"
			if h := r.Manifest.HTTP; h != nil {
				if !cmd.Flags().Changed("port") {
					k.port = portOf(h.Listen, k.port)
				}
				k.health = portOf(h.Health.Listen, k.health)
				k.live, k.ready = cmp.Or(h.Health.Liveness, k.live), cmp.Or(h.Health.Readiness, k.ready)
			}
			for k.health == k.port || k.health == k.metrics {
				k.health++
			}
			serves := commandFor(r.Plan) == "serve"
			if k.metrics == k.port && serves {
				return &usageError{message: fmt.Sprintf("--metrics-port %d is where the composition listens", k.port), hint: "choose another one, as 9464"}
			}
			if k.memory == "" {
				e := estimate(r.Plan, r.Manifest.HTTP, serves, requests)
				k.memory, k.estimated = e.limit(), e.comment()
			}
			text := k.job()
			if serves {
				text = k.deployment()
			}
			_, err = fmt.Fprint(a.stdout, text)
			return err
		},
	}
	cmd.Flags().SortFlags = false
	flags := cmd.Flags()
	flags.IntVar(&k.port, "port", 8080, "the `PORT` that the composition listens at (default the manifest's, or 8080)")
	flags.Lookup("port").DefValue = "0" // the text says it
	flags.IntVar(&k.metrics, "metrics-port", 0, "the `PORT` at which Prometheus finds metrics (default none)")
	flags.IntVar(&k.replicas, "replicas", 2, "the `NUMBER` of pods of a Deployment")
	flags.StringVar(&k.memory, "memory", "", "the memory `LIMIT` of a pod, as in 128Mi (default an estimate)")
	flags.IntVar(&requests, "requests", 0, "estimate memory for this `NUMBER` of requests at once (default the manifest's limit, at most 100, less if they are large)")
	flags.StringVar(&k.cpu, "cpu", "100m", "how much of a processor to `REQUEST` for a pod, which an autoscaler goes by")
	flags.BoolVar(&k.pdb, "pdb", false, "add a PodDisruptionBudget: one pod at a time may be evicted")
	flags.BoolVar(&k.spread, "spread", false, "spread pods over nodes and zones, as far as possible")
	t.setFlag(flags)
	settings.Flags(flags, settings.CacheDir)
	return cmd
}

// kubeName is a label of RFC 1123, which the names of a Deployment and of a Service are.
var kubeName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

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
