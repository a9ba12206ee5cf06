//go:build race

package host

// raceEnabled makes tests that count to thousands count less far.
const raceEnabled = true
