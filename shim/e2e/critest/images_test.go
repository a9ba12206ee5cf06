//go:build linux

package critest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/sidecall/sidecall/shim/e2e/testnode"
)

// pushImages gives the registry images that do what critest expects of those it names.
func pushImages(r *testnode.Registry) error {
	busybox, err := testnode.Busybox()
	if err != nil {
		return err
	}
	pause, err := testnode.PauseImage()
	if err != nil {
		return err
	}
	marked := func(i *testnode.Image, text string) *testnode.Image {
		return i.Add(testnode.File{Name: "mark", Mode: 0o644, Data: []byte(text)})
	}
	images := map[string]*testnode.Image{"e2e-test-images/busybox:1.29-2": busybox,
		"pause:3.10.2": pause, "pause:3.9": marked(pause, "another image")}

	program := func(name string) []byte {
		data, readErr := os.ReadFile(filepath.Join(os.Getenv(testnode.Env), "critest", name))
		if readErr != nil {
			err = readErr
		}
		return data
	}
	web := program("web")
	serve := func(name, port string) *testnode.Image {
		i := busybox.Add(testnode.File{Name: "bin/" + name, Data: web})
		i.Config.Entrypoint, i.Config.Cmd = []string{"/bin/" + name, port, "master process"}, nil
		return i
	}
	images["e2e-test-images/nginx:1.14-2"] = serve("nginx", "80")
	images["e2e-test-images/httpd:2.4.39-4"] = serve("httpd-server", "80")
	images["k8s-staging-cri-tools/hostnet-nginx-"+runtime.GOARCH] = serve("nginx", "12003")
	privileged := busybox.Add(testnode.File{Name: "euid", Mode: 0o4755, Data: program("euid")})
	privileged.Config.Entrypoint, privileged.Config.Cmd = []string{"/euid"}, nil
	images["e2e-test-images/nonewprivs:1.3"] = privileged
	if err != nil {
		return err
	}

	const staging = "k8s-staging-cri-tools/test-image-"
	for _, name := range []string{"latest", "tag:test", "tag:all", "1:latest", "2:latest", "3:latest"} {
		images[staging+name] = marked(busybox, name)
	}
	for i := range 3 {
		images[fmt.Sprintf("%stags:%d", staging, i+1)] = marked(busybox, "tags")
	}
	for name, user := range map[string]string{"user-uid": "1002", "user-username": "www-data", "user-uid-group": "1003:users", "user-username-group": "www-data:100"} {
		i := marked(busybox, name)
		i.Config.User = user
		images[staging+name] = i
	}
	group := busybox.Add(testnode.File{Name: "etc/passwd", Mode: 0o644, Data: []byte("root:x:0:0:root:/root:/bin/sh\ndefault-user:x:1000:1000::/home:/bin/sh\n")},
		testnode.File{Name: "etc/group", Mode: 0o644, Data: []byte("root:x:0:\ndefault-user:x:1000:\ngroup-defined-in-image:x:50000:default-user\n")})
	group.Config.User = "1000"
	images[staging+"predefined-group"] = group

	for name, i := range images {
		if err := r.Push(context.Background(), i, name); err != nil {
			return err
		}
	}
	return nil
}
