package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
)

// credentialsFor finds what a registry is to be told for one repository: in the file that
// REGISTRY_AUTH_FILE names, which is podman's and skopeo's variable, then where docker
// login writes, then where podman login does.
func credentialsFor(r registry.Reference) (auth.CredentialFunc, error) {
	docker, err := credentials.NewStoreFromDocker(credentials.StoreOptions{})
	if err != nil {
		return nil, &Error{Ref: r.String(), Msg: "the credentials in docker's configuration cannot be read", Err: err}
	}
	var first, last []credentials.Store
	for i, file := range authFiles(os.Getenv) {
		if file == "" {
			continue
		}
		s, err := credentials.NewStore(file, credentials.StoreOptions{})
		if err != nil {
			return nil, &Error{Ref: r.String(), Msg: "the credentials in " + file + " cannot be read", Err: err}
		}
		if i == 0 {
			first = append(first, s)
		} else {
			last = append(last, s)
		}
	}
	return func(ctx context.Context, server string) (auth.Credential, error) {
		for _, s := range first {
			if c, err := scoped(ctx, s, r, server); err != nil || c != auth.EmptyCredential {
				return c, err
			}
		}
		if c, err := credentials.Credential(docker)(ctx, server); err != nil || c != auth.EmptyCredential {
			return c, err
		}
		for _, s := range last {
			if c, err := scoped(ctx, s, r, server); err != nil || c != auth.EmptyCredential {
				return c, err
			}
		}
		return auth.EmptyCredential, nil
	}, nil
}

// authFiles are the files in the form of containers-auth.json(5): the one that the user
// names, and podman's own.
func authFiles(getenv func(string) string) []string {
	runtime := getenv("XDG_RUNTIME_DIR")
	if runtime == "" {
		runtime = fmt.Sprintf("/run/containers/%d", os.Getuid())
	} else {
		runtime = filepath.Join(runtime, "containers")
	}
	config := getenv("XDG_CONFIG_HOME")
	if home, err := os.UserHomeDir(); config == "" && err == nil {
		config = filepath.Join(home, ".config")
	}
	return []string{getenv("REGISTRY_AUTH_FILE"), filepath.Join(runtime, "auth.json"), filepath.Join(config, "containers", "auth.json")}
}

// scoped looks in a file whose keys may be a registry, or a registry and the beginning of
// a repository's path: the longest counts.
func scoped(ctx context.Context, s credentials.Store, r registry.Reference, server string) (auth.Credential, error) {
	if server != r.Host() {
		return s.Get(ctx, server)
	}
	for key := r.Registry + "/" + r.Repository; ; key = key[:strings.LastIndexByte(key, '/')] {
		if c, err := s.Get(ctx, key); err != nil || c != auth.EmptyCredential {
			return c, err
		}
		if !strings.Contains(key, "/") {
			return auth.EmptyCredential, nil
		}
	}
}
