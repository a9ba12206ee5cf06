// Package wave reads and writes component values as text: in WAVE's syntax, or in JSON.
//
// In: text, and the type that it is to be of. Out: a value, or what is wrong and where;
// and the way back. Next: cli. Must not import: anything of ours but wit, host/value.
//
// The syntax: true, -1, 1.5, nan, inf, 'c', "text", [1, 2], (1, "b"), {name: 1},
// flags {a, b}, cases and enums by name with the payload in parentheses, some(1) or
// just 1, none, ok(1), err("x"). A % before a name says that it is no keyword. Fields of
// records that are options may be left out. Comments begin with //.
//
// In JSON records are objects; cases with a payload are objects of one member; cases
// without, enums, chars, nan and inf are strings; flags and tuples are arrays; an
// option is null or its value, and {"some": …} where null would be its value too.
package wave
