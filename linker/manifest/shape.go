package manifest

import "regexp"

// A shape says what may stand at one place of a manifest. Structure that no
// shape can express (main names a component) is checked in build.go.
type shape struct {
	form form
	doc  string
	// fields are those of an object, in the order in which they are explained.
	fields []field
	// oneOf are keys of which an object has exactly one.
	oneOf []string
	// keys restricts the keys of a mapping.
	keys *text
	// elem is the shape of a mapping's values and of a list's items.
	elem *shape
	// min is the least number of a list's items or a mapping's entries.
	min int
	// text restricts a scalar's text.
	text text
	// alts are the alternatives of a choice; each has another YAML form.
	alts []*shape
}

type form uint8

const (
	object   form = iota // a map with known keys
	mapping              // a map with any keys
	list                 // a list
	str                  // a string
	scalar               // a string, or a number or boolean taken as its text
	boolean              // true or false
	choiceOf             // one of alts
)

// field is a key of an object.
type field struct {
	name     string
	required bool
	// later is set for keys that have a meaning planned but are not built: to say so
	// is kinder than to call them unknown.
	later bool
	*shape
}

// text restricts a string. The zero text allows any.
type text struct {
	re *regexp.Regexp
	// is says in words what re allows.
	is string
	// not are reserved words.
	not []string
	// only, if set, is the one string allowed.
	only string
}

var (
	kebab     = text{re: regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`), is: "lower-case letters, digits and single hyphens, starting with a letter"}
	component = text{re: kebab.re, is: kebab.is, not: []string{Host}}
	filled    = text{re: regexp.MustCompile(`.`), is: "some text"}
	envName   = text{re: regexp.MustCompile(`^[^=\x00]+$`), is: "the name of an environment variable"}
	envPair   = text{re: regexp.MustCompile(`^[^=\x00]+=`), is: "NAME=value"}
)

// root is the shape of a whole manifest. It is written once, here, and never changed.
var root = &shape{form: object, doc: "A composition of WebAssembly components.", fields: []field{
	{name: "apiVersion", required: true, shape: &shape{form: str, doc: "The version of this format.", text: text{only: APIVersion}}},
	{name: "kind", required: true, shape: &shape{form: str, doc: "What the manifest describes.", text: text{only: Kind}}},
	{name: "metadata", required: true, shape: &shape{form: object, doc: "What names the composition.", fields: []field{
		{name: "name", required: true, shape: &shape{form: str, doc: "The composition's name.", text: kebab}},
	}}},
	{name: "main", required: true, shape: &shape{form: str, doc: "The component whose exports are the composition's.", text: component}},
	{name: "components", required: true, shape: &shape{form: mapping, doc: "The components by name.", keys: &component, min: 1, elem: componentShape}},
	{name: "http", shape: httpShape},
	{name: "secrets", later: true}, {name: "intercept", later: true},
}}

var componentShape = &shape{form: object, doc: "One component: where its code is, what it is granted and who provides its imports.", oneOf: []string{"file", "image"}, fields: []field{
	{name: "file", shape: &shape{form: str, doc: "The component's file, relative to the manifest.", text: filled}},
	{name: "image", shape: &shape{form: str, doc: "The component's image in a registry: its name with a tag or, to be sure of what it is, a digest.", text: filled}},
	{name: "args", shape: &shape{form: list, doc: "Arguments, as wasi:cli/environment gives them after the program's name.",
		elem: &shape{form: scalar, doc: "One argument."}}},
	{name: "env", shape: &shape{form: choiceOf, doc: "Environment variables: a map, or a list of NAME=value.", alts: []*shape{
		{form: mapping, keys: &envName, elem: &shape{form: scalar, doc: "The variable's value."}},
		{form: list, elem: &shape{form: str, text: envPair}},
	}}},
	{name: "config", shape: &shape{form: mapping, doc: "Values that the component reads by wasi:config/store.", keys: &filled,
		elem: &shape{form: scalar, doc: "The value, as text."}}},
	{name: "allow", shape: allowShape},
	{name: "imports", shape: &shape{form: mapping, doc: "Who provides an import, where it is not the one component that exports it, or else the host.", keys: &filled,
		elem: &shape{form: choiceOf, doc: "The provider: a component's name, host, or a chain of both, the first nearest to the caller.", alts: []*shape{
			{form: str, text: kebab},
			{form: list, min: 1, elem: &shape{form: str, text: kebab}},
		}}}},
	{name: "build", later: true}, {name: "configFrom", later: true},
	{name: "envFrom", later: true}, {name: "secretFrom", later: true},
	{name: "instance", shape: instanceShape},
	{name: "log", shape: &shape{form: object, doc: "How much the log of serve takes of what the component prints and logs. What is beyond is dropped, counted and told.", fields: []field{
		{name: "rate", shape: &shape{form: scalar, doc: "Bytes a second; 1Mi.", text: byteCount}},
		{name: "burst", shape: &shape{form: scalar, doc: "Bytes at once, after less than the rate for a while; four times the rate.", text: byteCount}},
	}}},
	{name: "resources", later: true}, {name: "onFailure", later: true}, {name: "restart", later: true}, {name: "volumes", later: true},
}}
