package cli

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/plan"
)

// TestKube checks that what kube prints is YAML, and what a cluster would insist on.
func TestKube(t *testing.T) {
	k := &kube{name: "orders", image: "example.com/orders@sha256:0", memory: "64Mi", cpu: "250m", estimated: strings.Repeat("An estimate: of it all. ", 9),
		port: 8080, replicas: 3, health: 8081, metrics: 9464, live: "/healthz", ready: "/readyz", pdb: true, spread: true}
	for kind, text := range map[string]string{"Deployment": k.deployment(), "Job": k.job()} {
		dec := yaml.NewDecoder(strings.NewReader(text))
		var doc struct {
			Kind string
			Spec struct {
				Replicas int
				Template struct {
					Spec struct {
						RuntimeClassName string `yaml:"runtimeClassName"`
						SecurityContext  struct {
							RunAsNonRoot   bool              `yaml:"runAsNonRoot"`
							SeccompProfile map[string]string `yaml:"seccompProfile"`
						} `yaml:"securityContext"`
						Containers []struct {
							Image          string
							Ports          []map[string]any
							ReadinessProbe struct {
								HTTPGet struct{ Port, Path string } `yaml:"httpGet"`
							} `yaml:"readinessProbe"`
							SecurityContext struct {
								AllowPrivilegeEscalation *bool               `yaml:"allowPrivilegeEscalation"`
								Capabilities             map[string][]string `yaml:"capabilities"`
							} `yaml:"securityContext"`
							Resources struct{ Limits, Requests map[string]string }
							Env       []map[string]string
						}
						Spread []map[string]any `yaml:"topologySpreadConstraints"`
					}
				}
			}
		}
		if err := dec.Decode(&doc); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		pod := doc.Spec.Template.Spec
		if doc.Kind != kind || pod.RuntimeClassName != "sidecall" || !pod.SecurityContext.RunAsNonRoot ||
			pod.SecurityContext.SeccompProfile["type"] != "RuntimeDefault" || len(pod.Containers) != 1 {
			t.Fatalf("%s: %+v in\n%s", kind, doc, text)
		}
		c := pod.Containers[0]
		if c.Image != k.image || c.Resources.Limits["memory"] != "64Mi" || c.SecurityContext.AllowPrivilegeEscalation == nil ||
			*c.SecurityContext.AllowPrivilegeEscalation || c.SecurityContext.Capabilities["drop"][0] != "ALL" || len(c.Ports) > 0 != (kind == "Deployment") {
			t.Errorf("%s: %+v in\n%s", kind, c, text)
		}
		if c.Resources.Requests["cpu"] != "250m" || len(pod.Spread) != 2 {
			t.Errorf("%s: %+v, %+v in\n%s", kind, c.Resources, pod.Spread, text)
		}
		if kind == "Deployment" && (len(c.Ports) != 3 || c.Ports[2]["containerPort"] != 9464 || len(c.Env) != 5) {
			t.Errorf("%s: %+v in\n%s", kind, c, text)
		}
		var more struct{ Kind string }
		kinds := ""
		for dec.Decode(&more) == nil {
			kinds += more.Kind + " "
		}
		if want := map[string]string{"Deployment": "Service PodDisruptionBudget ", "Job": ""}[kind]; kinds != want {
			t.Errorf("behind the %s: %q, want %q", kind, kinds, want)
		}
		if probe := c.ReadinessProbe.HTTPGet; kind == "Deployment" && (probe.Port != "health" || probe.Path != "/readyz" || c.Ports[1]["containerPort"] != 8081) {
			t.Errorf("%s: %+v in\n%s", kind, c, text)
		}
	}
}

// TestKubePaths: paths are what an image's manifest says, and are no more than paths.
func TestKubePaths(t *testing.T) {
	for _, path := range []string{"/healthz", `/x,"host":"192.0.2.1"`, "/x}", "/x]#", `/"`, `/\`, "/&a", "/x:", "/'"} {
		k := &kube{name: "orders", live: path, ready: path}
		var doc struct {
			Spec struct {
				Template struct {
					Spec struct {
						Containers []struct {
							ReadinessProbe struct {
								HTTPGet map[string]string `yaml:"httpGet"`
							} `yaml:"readinessProbe"`
						}
					}
				}
			}
		}
		if err := yaml.NewDecoder(strings.NewReader(k.deployment())).Decode(&doc); err != nil {
			t.Errorf("%s: %v", path, err)
		} else if got := doc.Spec.Template.Spec.Containers[0].ReadinessProbe.HTTPGet; len(got) != 2 || got["path"] != path {
			t.Errorf("%s: %q", path, got)
		}
	}
}

// TestEstimate: more requests, more memory; what is shared counts once; a Job has one.
func TestEstimate(t *testing.T) {
	b := &core.Builder{}
	b.Memory(core.MemoryType{Range: core.Range{Min: 16}}) // 1 MiB
	module := plan.Module{Bytes: b.Encode()}
	p := &plan.Plan{Modules: []plan.Module{module}, Components: []plan.Component{{}, {Store: 1}},
		Instances: []plan.Instance{{Component: -1}, {Component: 0}, {Component: 1}}, Steps: []plan.Step{{Instance: 1}, {Instance: 2}}}
	e := estimate(p, nil, true, 0)
	if e.shared != mib || e.request != mib+requestMemory || e.requests != mostRequests || e.limit() != "160Mi" {
		t.Errorf("%+v, %s", e, e.limit())
	}
	if e := estimate(p, nil, true, 400); e.requests != 400 || e.limit() != "544Mi" {
		t.Errorf("400: %+v, %s", e, e.limit())
	}
	if e := estimate(p, &manifest.HTTP{Limits: manifest.HTTPLimits{Requests: 8}}, true, 0); e.requests != 8 || e.limit() != "64Mi" {
		t.Errorf("the manifest's: %+v, %s", e, e.limit())
	}
	if e := estimate(p, nil, false, 0); e.requests != 1 || e.limit() != "64Mi" {
		t.Errorf("a Job: %+v, %s", e, e.limit())
	}
	b = &core.Builder{}
	b.Memory(core.MemoryType{Range: core.Range{Min: 16 * 256}}) // 256 MiB
	p.Modules[0].Bytes = b.Encode()
	if e := estimate(p, nil, true, 0); e.requests != leastRequests {
		t.Errorf("large ones: %+v", e)
	}
}
