package validate

import (
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/wit"
)

// Feature is a part of the specification that WASI 0.2 did not ship (Explainer.md,
// "Gated Features"), by the name that messages use.
type Feature string

const (
	// These can be enabled: their rules are complete.

	FeatureImplements     Feature = "implements"         // implements and external-id attributes
	FeatureNestedNames    Feature = "nested-names"       // nested namespaces and packages
	FeatureCanonicalNames Feature = "canonical-names"    // versions cut down to their track, versionsuffix
	FeatureFixedLists     Feature = "fixed-length-lists" //
	FeatureMap            Feature = "map"                //

	// These are refused always: nothing that comes after validation has them yet.

	FeatureAsync         Feature = "async"         // async functions, streams, futures, their built-ins
	FeatureThreads       Feature = "threads"       // threading built-ins
	FeatureErrorContext  Feature = "error-context" //
	FeatureValues        Feature = "values"        // values and start functions
	FeatureMemory64      Feature = "memory64"      // resources represented by i64
	FeatureGC            Feature = "gc"            // core definitions with types that no engine here can run
	FeaturePageSizes     Feature = "custom-page-sizes"
	FeatureSharedObjects Feature = "shared-everything-threads"
)

// Options says what to accept.
type Options struct {
	// Features are those that are enabled; the ones that are refused always have no
	// effect.
	Features map[Feature]bool
	// Limits bound what is accepted; zero fields stand for defaults.
	Limits Limits
}

// Limits keep the work and the memory that a component costs in proportion to its
// size: types share parts, so that a small file can describe a huge one.
type Limits struct {
	// TypeSize bounds the nodes of any one type, written out as a tree. Default 1,000,000.
	TypeSize int
	// TypeDepth bounds how deep any one type is nested. Default 100.
	TypeDepth int
	// Nesting bounds how deep components and their types stand in each other. Default 100.
	Nesting int
	// CopiedTypes bounds the nodes of all types that instantiations, imports and
	// exports make of the types that the file defines. Default 1,000,000.
	CopiedTypes int
	// Work bounds the steps that comparing and checking types take. Default 20,000,000,
	// which is a second or two.
	Work int
	// Core bounds each core module; zero fields stand for that package's defaults.
	Core core.Limits
}

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		to  *int
		def int
	}{
		{&l.TypeSize, 1_000_000}, {&l.TypeDepth, 100}, {&l.Nesting, 100},
		{&l.CopiedTypes, 1_000_000}, {&l.Work, 20_000_000},
	} {
		if *f.to == 0 {
			*f.to = f.def
		}
	}
	return l
}

// nameFeatures are the gated forms of names that are enabled.
func (o *Options) nameFeatures() wit.NameFeatures {
	return wit.NameFeatures{NestedNames: o.Features[FeatureNestedNames], CanonVersions: o.Features[FeatureCanonicalNames]}
}
