// Package pod is what the shim, outside of a container, says to process 1 inside: where
// things are mounted, and what of the container's configuration is for the guest.
//
// In: the container's OCI configuration. Out: Config, as a file in the container.
// Next: cmd/sidecall. Must not import: containerd, linker, host.
//
// The rules by which a container's configuration becomes grants:
//
//   - Arguments. The image's entrypoint, or the pod's command, is the program's name and
//     means nothing more; what comes after it are the main component's arguments, instead
//     of the manifest's. Without any, the manifest's stay.
//   - Environment. The container's variables go to the main component, over the
//     manifest's, except PATH and HOSTNAME as the container runtime sets them. They also
//     replace ${VAR} in the manifest: that is how a sidecar gets a ConfigMap's or a
//     Secret's value, if the manifest says so. None of them reaches the process itself.
//   - Volumes. A directory that the pod mounts, ConfigMaps and Secrets among them, is
//     granted to the main component under the same path, read-only if it is mounted so.
//     Single files, the token of the service account, and what the container runtime
//     itself mounts are not. Sidecars have what the manifest grants them: an absolute
//     path there is one in the container.
//   - The working directory is not passed on: guests see directories by what is granted.
package pod
