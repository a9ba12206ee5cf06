package wit

import "strings"

// CheckLabel reports why s is not a label (Explainer.md, "Import and Export
// Definitions"): fragments joined by hyphens, each of one case only, the first of
// which starts with a letter. It returns nil if s is one.
func CheckLabel(s string) error {
	if s == "" {
		return &NameError{Name: s, Msg: "a label must not be empty"}
	}
	start := 0
	for start <= len(s) {
		end := start + len(fragmentOf(s[start:]))
		if at, msg := badFragment(s, start, end); msg != "" {
			return &NameError{Name: s, Offset: at, Msg: msg}
		}
		if end == len(s) {
			return nil
		}
		start = end + 1
	}
	return nil
}

// fragmentOf returns what stands before the first hyphen.
func fragmentOf(s string) string {
	if i := strings.IndexByte(s, '-'); i >= 0 {
		return s[:i]
	}
	return s
}

// badFragment checks s[start:end]; the message is empty if it is a fragment.
func badFragment(s string, start, end int) (at int, msg string) {
	if start == end {
		return start, "a label has words joined by single hyphens (kebab-case), none of them empty"
	}
	var lower, upper bool
	for i := start; i < end; i++ {
		switch ch := s[i]; {
		case 'a' <= ch && ch <= 'z':
			lower = true
		case 'A' <= ch && ch <= 'Z':
			upper = true
		case '0' <= ch && ch <= '9':
			if start == 0 && i == 0 {
				return i, "a label must start with a letter"
			}
		default:
			return i, "a label has only letters a-z or A-Z, digits and hyphens (kebab-case)"
		}
		if lower && upper {
			return i, "a word of a label is all lower case or all upper case (kebab-case)"
		}
	}
	return 0, ""
}

// checkWords checks the production "words" of namespaces and package names: a
// label in lower case.
func checkWords(s string) error {
	if s == "" {
		return &NameError{Name: s, Msg: "a namespace or package name must not be empty"}
	}
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return &NameError{Name: s, Offset: i, Msg: "a namespace or package name is all lower case"}
		}
	}
	return CheckLabel(s)
}

// LabelKey returns the form of a label that must differ for two labels of one
// scope to be strongly-unique (Explainer.md, "Name Uniqueness").
func LabelKey(label string) string { return asciiLower(label) }

// asciiLower lowers A-Z without allocating where there is none.
func asciiLower(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return strings.ToLower(s)
		}
	}
	return s
}
