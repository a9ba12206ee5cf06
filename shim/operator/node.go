package operator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/sidecall/sidecall/shim/pod"
)

// File is where the operator says it, and FileEnv moves it; that comes to the shim from
// containerd's environment.
const (
	File    = "/etc/sidecall/node.yaml"
	FileEnv = "SIDECALL_NODE_CONFIG"
)

// Node is what an operator says. The zero Node narrows nothing.
type Node struct {
	Cache Cache
	Pods  pod.Narrow
}

// Cache bounds what the node keeps of artifacts that no container runs.
type Cache struct {
	// MaxSize is for all that is kept, in bytes.
	MaxSize int64
	// KeepFor is how long an artifact stays after its last container.
	KeepFor time.Duration
	// MinFree is how much of the file system is to be free, in percent.
	MinFree int
}

// What an operator who says nothing has.
const (
	DefaultMaxSize = 10 << 30
	DefaultKeepFor = 7 * 24 * time.Hour
	DefaultMinFree = 10
)

// maxFile bounds the file, in bytes.
const maxFile = 1 << 20

// file is node.yaml as it is written.
type file struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Cache      struct {
		MaxSize string `yaml:"maxSize"`
		KeepFor string `yaml:"keepFor"`
		MinFree string `yaml:"minFree"`
	} `yaml:"cache"`
	Pods struct {
		MaxMemory     string    `yaml:"maxMemory"`
		OutboundHosts *[]string `yaml:"outboundHosts"`
		Ports         []string  `yaml:"ports"`
		Files         *bool     `yaml:"files"`
		Sockets       *bool     `yaml:"sockets"`
		KeyValue      *bool     `yaml:"keyvalue"`
		Telemetry     *bool     `yaml:"telemetry"`
	} `yaml:"pods"`
}

// Read reads the file; without one nobody says anything. A file that is not right is an
// error, not an operator who says nothing: what it forbids must not happen.
func Read(name string) (*Node, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return decode(nil)
	}
	if err != nil {
		return nil, fmt.Errorf("what the node's operator says: %w", err)
	}
	defer f.Close()
	if err := trusted(f); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("what the node's operator says: %w", err)
	}
	if len(text) > maxFile { // half of it may forbid less
		return nil, fmt.Errorf("%s: it has more than %d bytes", name, maxFile)
	}
	n, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return n, nil
}

func decode(text []byte) (*Node, error) {
	n := &Node{Cache: Cache{MaxSize: DefaultMaxSize, KeepFor: DefaultKeepFor, MinFree: DefaultMinFree}}
	if len(bytes.TrimSpace(text)) == 0 {
		return n, nil
	}
	var in file
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&in); err != nil {
		return nil, err
	}
	if err := d.Decode(&file{}); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one document: what the others forbid would not hold")
	}
	if in.APIVersion != "sidecall.dev/v1alpha1" || in.Kind != "Node" {
		return nil, errors.New("it must begin with apiVersion: sidecall.dev/v1alpha1 and kind: Node")
	}
	var err error
	set := func(key, text string, f func(text string) error) {
		if text != "" && err == nil {
			if bad := f(text); bad != nil {
				err = fmt.Errorf("%s: %q %w", key, text, bad)
			}
		}
	}
	set("cache.maxSize", in.Cache.MaxSize, func(text string) (err error) { n.Cache.MaxSize, err = size(text); return err })
	set("cache.keepFor", in.Cache.KeepFor, func(text string) (err error) { n.Cache.KeepFor, err = duration(text); return err })
	set("cache.minFree", in.Cache.MinFree, func(text string) (err error) { n.Cache.MinFree, err = percent(text); return err })
	set("pods.maxMemory", in.Pods.MaxMemory, func(text string) (err error) { n.Pods.MaxMemory, err = size(text); return err })
	if in.Pods.Ports != nil && len(in.Pods.Ports) == 0 {
		return nil, errors.New("pods.ports: the list is empty; name the ports that pods may have, or leave the key out for all")
	}
	for _, p := range in.Pods.Ports {
		set("pods.ports", p, func(text string) error {
			r, err := ports(text)
			n.Pods.Ports = append(n.Pods.Ports, r)
			return err
		})
	}
	if in.Pods.OutboundHosts != nil {
		n.Pods.NoOutbound, n.Pods.OutboundHosts = len(*in.Pods.OutboundHosts) == 0, *in.Pods.OutboundHosts
	}
	no := func(b *bool) bool { return b != nil && !*b }
	n.Pods.NoFiles, n.Pods.NoSockets, n.Pods.NoKeyValue, n.Pods.NoTelemetry = no(in.Pods.Files), no(in.Pods.Sockets), no(in.Pods.KeyValue), no(in.Pods.Telemetry)
	return n, err
}

func size(text string) (int64, error) {
	number, scale := text, int64(1)
	for i, unit := range []string{"KiB", "MiB", "GiB"} {
		if n, ok := strings.CutSuffix(text, unit); ok {
			number, scale = n, 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseInt(number, 10, 40)
	if err != nil || n <= 0 || n > (1<<62)/scale {
		return 0, errors.New("must be a number of bytes, or one with KiB, MiB or GiB after it")
	}
	return n * scale, nil
}

func duration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, errors.New("must be a number with a unit, as in 48h")
	}
	return d, nil
}

func percent(text string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSuffix(text, "%"))
	if err != nil || n < 0 || n > 99 || !strings.HasSuffix(text, "%") {
		return 0, errors.New("must be a percentage below 100, as in 10%")
	}
	return n, nil
}

// ports reads a port, or a range of ports.
func ports(text string) (r [2]uint16, err error) {
	from, to, ranged := strings.Cut(text, "-")
	if !ranged {
		to = from
	}
	for i, part := range []string{from, to} {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || n == 0 {
			return r, errors.New("must be a port from 1 to 65535, or a range as in 8000-8999")
		}
		r[i] = uint16(n)
	}
	if r[0] > r[1] {
		return r, errors.New("is a range that ends before it begins")
	}
	return r, nil
}
