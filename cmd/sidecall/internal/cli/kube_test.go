package cli

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestKube checks that what kube prints is YAML, and what a cluster would insist on.
func TestKube(t *testing.T) {
	k := &kube{name: "orders", image: "example.com/orders@sha256:0", memory: "64Mi", port: 8080, replicas: 3, health: 8081, live: "/healthz", ready: "/readyz"}
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
							Resources struct{ Limits map[string]string }
						}
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
