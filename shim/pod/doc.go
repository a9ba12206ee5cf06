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
//     What changes in it is seen at once, a ConfigMap's new version as a whole: links are
//     followed when a file is opened, and lead nowhere out of the volume.
//   - Single files, as a subPath mounts them, are granted as a directory that has only
//     them: /etc/app with app.yaml for a file mounted at /etc/app/app.yaml. In a directory
//     that is granted anyway they are where they are. It is read-only unless one of its
//     files is not. As with Linux containers, a changed ConfigMap does not change them.
//   - Not granted: what the container runtime itself mounts (/proc, /sys, /dev, /etc/hosts,
//     /etc/hostname, /etc/resolv.conf), the token of the service account, the file for the
//     termination message, sockets, devices, and what is in the image.
//   - Sidecars have what the manifest grants them: an absolute path there is one in the
//     container.
//   - The working directory is what the main component learns from initial-cwd. It grants
//     nothing.
//   - SIDECALL_LISTEN and SIDECALL_HEALTH_LISTEN say where to listen; SIDECALL_CONTROL=off
//     that sidecall ps, top and call are to find nothing. The variables of OpenTelemetry that
//     ForHost knows are for the host as well. No other variable changes what the host does.
package pod
