package engine

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/sidecall/sidecall/host/budget"
)

// Kinds of engine, for Config.
const (
	Compiler    = "compiler"
	Interpreter = "interpreter"
)

// Version is the version of wazero that compiled code depends on; a test compares
// it with go.mod.
const Version = "v1.12.0"

// features are all those that wazero has and that a single-threaded guest can
// use. Threads are left out on purpose: memory.atomic.wait blocks the calling
// thread where no interruption check can reach it.
const features = api.CoreFeaturesV2 |
	experimental.CoreFeaturesTailCall |
	experimental.CoreFeaturesExtendedConst |
	experimental.CoreFeaturesExceptionHandling |
	experimental.CoreFeaturesTypedFunctionReferences

// Config says how modules are compiled.
type Config struct {
	// Kind is Compiler, Interpreter, or empty for the fastest there is.
	Kind string
	// CacheDir keeps compiled code, see cache.go. Empty for none.
	CacheDir string
	// CacheSeed is a cache of another engine's, or empty. Entries are copied from there to
	// CacheDir when they are needed; it is never written to.
	CacheSeed string
	// Kept, if not nil, is told of each module whose code has been written to CacheDir, and
	// of the key that its entry has there.
	Kept func(key, module string)
	Log  zerolog.Logger
	// Quotas are what memories, images and code are taken from. The zero Process limits
	// nothing.
	Quotas budget.Process
}

// Engine compiles modules, and owns what is shared by their instances. It may be
// used by many goroutines at once.
type Engine struct {
	runtime wazero.Runtime
	// inMemory is closed after runtime; nil without cache on disk.
	inMemory wazero.CompilationCache
	// compiling is held while a module is compiled: the cache on disk tells new
	// entries apart by looking which appeared.
	compiling sync.Mutex
	// compilations are those that have begun, unfinished how many.
	compilations sync.WaitGroup
	unfinished   atomic.Int64
	disk         *diskCache
	log          zerolog.Logger
	quotas       budget.Process
	// interprets is set if instances are interpreted, code what compiled modules take.
	interprets bool
	code       code
	// nothing is an instance without exports. It is what the import resolver
	// answers for an unknown name: with nil, wazero would look among global names.
	nothing api.Module
	pool    pool
	images  images
	faults  faults
	// stackFields are found when first asked for.
	stackFields atomic.Pointer[stackFields]
}

// New makes an engine. Close releases it.
func New(ctx context.Context, cfg Config) (*Engine, error) {
	var rc wazero.RuntimeConfig
	switch cfg.Kind {
	case "":
		rc = wazero.NewRuntimeConfig()
	case Compiler:
		rc = wazero.NewRuntimeConfigCompiler()
	case Interpreter:
		rc = wazero.NewRuntimeConfigInterpreter()
	default:
		return nil, fmt.Errorf("unknown engine %q: use %q or %q", cfg.Kind, Compiler, Interpreter)
	}
	rc = rc.WithCoreFeatures(features).WithDebugInfoEnabled(false)
	e := &Engine{log: cfg.Log, quotas: cfg.Quotas}
	e.interprets = cfg.Kind == Interpreter || cfg.Kind == "" && goruntime.GOARCH != "amd64" && goruntime.GOARCH != "arm64"
	e.pool.quotas, e.images.quotas, e.code.quotas = &e.quotas, &e.quotas, &e.quotas
	if cfg.CacheDir != "" && cfg.Kind != Interpreter {
		e.disk, e.inMemory = openDiskCache(cfg.CacheDir, cfg.CacheSeed, cfg.Log)
		if e.disk != nil {
			e.disk.kept = cfg.Kept
		}
		if e.inMemory != nil {
			rc = rc.WithCompilationCache(e.inMemory)
		}
	}
	e.runtime = wazero.NewRuntimeWithConfig(ctx, rc)
	nothing, err := e.instantiateNothing(ctx)
	if err != nil {
		return nil, errors.Join(err, e.Close(ctx))
	}
	e.nothing = nothing
	return e, nil
}

func (e *Engine) instantiateNothing(ctx context.Context) (api.Module, error) {
	m, err := e.runtime.NewHostModuleBuilder("nothing").Compile(ctx)
	if err != nil {
		return nil, err
	}
	return e.runtime.InstantiateModule(ctx, m, moduleConfig())
}

// Close releases everything. No instance may be in use any more. What a compilation
// that was given up holds is released when that is done.
func (e *Engine) Close(ctx context.Context) error {
	if e.unfinished.Load() == 0 {
		return e.close(ctx)
	}
	go func() {
		e.compilations.Wait()
		if err := e.close(context.WithoutCancel(ctx)); err != nil {
			e.log.Warn().Err(err).Msg("close of an engine")
		}
	}()
	if e.disk != nil {
		return e.disk.close() // the process may end first
	}
	return nil
}

func (e *Engine) close(ctx context.Context) error {
	err := e.runtime.Close(ctx)
	if e.inMemory != nil {
		err = errors.Join(err, e.inMemory.Close(ctx))
	}
	if e.disk != nil {
		err = errors.Join(err, e.disk.close())
	}
	e.pool.close()
	e.images.close()
	e.code.close()
	return err
}

// Trim releases the memory that is kept for the next instances.
func (e *Engine) Trim() { e.pool.empty() }

// zeroes is the guests' source of randomness in wazero's own system interface,
// which nothing uses. Giving one spares every instantiation the seeding of a
// generator, which is most of its cost.
type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func moduleConfig() wazero.ModuleConfig {
	return wazero.NewModuleConfig().WithName("").WithStartFunctions().WithRandSource(zeroes{})
}
