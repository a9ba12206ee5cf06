package script

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Script is one script, or one file of vectors.
type Script struct {
	// Path is the file that it was read from; binaries are beside it.
	Path string `json:"-"`
	// Source is the script that it was made from, relative to its suite.
	Source string `json:"source_filename"`
	Suite  string `json:"suite"`
	// Mode is "run", or "validate" if definitions are decoded and validated only.
	Mode  string `json:"mode"`
	Group string `json:"group"`
	// Config holds what the original runner was told to switch on and off.
	Config   Config    `json:"config"`
	Commands []Command `json:"commands"`
	// Vectors are canonical ABI vectors; a file has commands or vectors.
	Vectors []json.RawMessage `json:"vectors"`
}

// Config is the configuration that a script asks for.
type Config struct {
	// Flags are features by name, "-name" for one that is to be off.
	Flags []string `json:"flags"`
}

// Command is one command of a script.
type Command struct {
	Type string `json:"type"`
	// Line is where the command stands in Source, counted from 1.
	Line  int    `json:"line"`
	Group string `json:"group"`
	// Name is that of the definition or instance which the command makes.
	Name string `json:"name"`
	// Instance and Module are the names which module_instance gives and uses.
	Instance string `json:"instance"`
	Module   string `json:"module"`
	Filename string `json:"filename"`
	// ModuleType is "binary", or "text" if Filename is text; BinaryFilename is then
	// its assembled form, if there is one.
	ModuleType     string `json:"module_type"`
	BinaryFilename string `json:"binary_filename"`
	// Kind is "component" or "module", a core module.
	Kind     string   `json:"kind"`
	Features []string `json:"features"`
	// WazeroError is set if the engine refuses a core module that is needed.
	WazeroError string `json:"wazero_error"`
	// Wasmtime is what wasmtime 39 was seen to do: "pass", "skip", "crash" or "fail: why".
	Wasmtime string            `json:"wasmtime39"`
	Action   *Action           `json:"action"`
	Expected []json.RawMessage `json:"expected"`
	// Text is what another engine says, a hint about the cause.
	Text string `json:"text"`
}

// Action is what an action or assertion does.
type Action struct {
	Type   string            `json:"type"`
	Module string            `json:"module"`
	Field  string            `json:"field"`
	Args   []json.RawMessage `json:"args"`
}

// File returns the path of the command's binary, empty if there is only text.
func (s *Script) File(c *Command) string {
	name := c.Filename
	if c.ModuleType == "text" {
		name = c.BinaryFilename
	}
	if name == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(s.Path), name)
}

// ErrOther tells that a JSON file is neither a script nor a file of vectors.
var ErrOther = errors.New("not a script")

// Load reads a script, or returns ErrOther.
func Load(path string) (*Script, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &Script{Path: path, Mode: "run"}
	var any struct {
		Commands, Vectors json.RawMessage
	}
	if err := json.Unmarshal(b, &any); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if !isArray(any.Commands) && !isArray(any.Vectors) {
		return nil, ErrOther
	}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if any.Vectors != nil {
		s.Suite = "canonical-abi"
	}
	if s.Suite == "" {
		s.Suite = "unnamed"
	}
	if s.Source == "" {
		s.Source = filepath.Base(path)
	}
	return s, nil
}

func isArray(b json.RawMessage) bool {
	return strings.HasPrefix(strings.TrimLeft(string(b), " \t\r\n"), "[")
}

// Find returns the scripts under the directories (or files) in order of their paths.
func Find(roots []string) ([]*Script, error) {
	var scripts []*Script
	seen := map[string]bool{}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".json" || seen[path] {
				return err
			}
			seen[path] = true
			s, err := Load(path)
			if errors.Is(err, ErrOther) {
				return nil
			}
			if err == nil {
				scripts = append(scripts, s)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return scripts, nil
}
