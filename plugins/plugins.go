package plugins

import (
	"errors"
	"slices"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/plugins/cli"
	"github.com/sidecall/sidecall/plugins/clocks"
	"github.com/sidecall/sidecall/plugins/config"
	"github.com/sidecall/sidecall/plugins/filesystem"
	"github.com/sidecall/sidecall/plugins/http"
	"github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/plugins/keyvalue"
	"github.com/sidecall/sidecall/plugins/logging"
	"github.com/sidecall/sidecall/plugins/otel"
	"github.com/sidecall/sidecall/plugins/random"
	"github.com/sidecall/sidecall/plugins/sockets"
)

// Config configures those plugins that can be. The zero Config is useful.
type Config struct {
	HTTP     http.Config
	KeyValue keyvalue.Config
	Logging  logging.Config
	// OTel's log is Logging, if it is nil.
	OTel otel.Config
}

// Set is all plugins. What a component may do with them is what it is granted.
type Set struct {
	http     *http.Plugin
	keyvalue *keyvalue.Plugin
	logging  *logging.Plugin
	otel     *otel.Plugin
}

// New makes a Set. Close it when no instance uses it any more.
func New(cfg Config) *Set {
	s := &Set{http: http.New(cfg.HTTP), keyvalue: keyvalue.New(cfg.KeyValue), logging: logging.New(cfg.Logging)}
	if cfg.OTel.Log == nil {
		cfg.OTel.Log = s.logging
	}
	s.otel = otel.New(cfg.OTel)
	return s
}

// Close releases what instances share: connections, and the files of buckets.
func (s *Set) Close() error { return errors.Join(s.http.Close(), s.keyvalue.Close()) }

// Interfaces returns all interfaces, for host.Config and for the linker.
func (s *Set) Interfaces() []*host.Interface {
	return slices.Concat(
		io.Interfaces(), clocks.Interfaces(), random.Interfaces(), cli.Interfaces(), filesystem.Interfaces(),
		sockets.Interfaces(), s.http.Interfaces(),
		config.Interfaces(), s.logging.Interfaces(), s.keyvalue.Interfaces(), s.otel.Interfaces(),
	)
}

// All returns all interfaces with their default configuration, for programs that
// end before it matters that nothing is closed.
func All() []*host.Interface { return New(Config{}).Interfaces() }
