package filesystem

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	wasiio "github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/plugins/wit"
)

func types() *host.Interface {
	return wit.Implement("wasi:filesystem/types", map[string]host.Func{
		"[method]descriptor.read-via-stream":     query(readViaStream),
		"[method]descriptor.write-via-stream":    query(writeViaStream),
		"[method]descriptor.append-via-stream":   query(appendViaStream),
		"[method]descriptor.advise":              command(advise),
		"[method]descriptor.sync-data":           command(syncData),
		"[method]descriptor.get-flags":           query(getFlags),
		"[method]descriptor.get-type":            query(getType),
		"[method]descriptor.set-size":            command(setSize),
		"[method]descriptor.set-times":           command(setTimes),
		"[method]descriptor.read":                query(read),
		"[method]descriptor.write":               query(write),
		"[method]descriptor.read-directory":      query(readDirectory),
		"[method]descriptor.sync":                command(sync),
		"[method]descriptor.create-directory-at": command(createDirectoryAt),
		"[method]descriptor.stat":                query(stat),
		"[method]descriptor.stat-at":             query(statAt),
		"[method]descriptor.set-times-at":        command(setTimesAt),
		"[method]descriptor.link-at":             command(linkAt),
		"[method]descriptor.open-at":             query(openAt),
		"[method]descriptor.readlink-at":         query(readlinkAt),
		"[method]descriptor.remove-directory-at": command(removeDirectoryAt),
		"[method]descriptor.rename-at":           command(renameAt),
		"[method]descriptor.symlink-at":          command(symlinkAt),
		"[method]descriptor.unlink-file-at":      command(unlinkFileAt),
		"[method]descriptor.is-same-object":      isSameObject,
		"[method]descriptor.metadata-hash":       query(getMetadataHash),
		"[method]descriptor.metadata-hash-at":    query(getMetadataHashAt),

		"[method]directory-entry-stream.read-directory-entry": readDirectoryEntry,

		"filesystem-error-code": wasiio.CodeOf(func(c ErrorCode) value.Value { return value.Enum(int(c)) }),
	})
}

// query makes a function of one that works on a descriptor, is given the arguments
// after it, and returns the payload of ok.
func query(f func(c *host.Call, d *Descriptor, args []value.Value) (value.Value, error)) host.Func {
	return func(c *host.Call, args []value.Value) (value.Value, error) {
		d, err := host.Object[*Descriptor](args[0])
		if err != nil {
			return value.Value{}, err
		}
		v, err := f(c, d, args[1:])
		if err != nil {
			return failed(c, d, err)
		}
		return wire.Ok(v)
	}
}

// command is query for functions whose ok has no payload.
func command(f func(d *Descriptor, args []value.Value) error) host.Func {
	return func(c *host.Call, args []value.Value) (value.Value, error) {
		d, err := host.Object[*Descriptor](args[0])
		if err != nil {
			return value.Value{}, err
		}
		if err := f(d, args[1:]); err != nil {
			return failed(c, d, err)
		}
		return wire.OkUnit()
	}
}
