package diag

// Similar returns the candidate that a typing error would most likely turn into
// word, and whether there is one: the longer the word, the more may differ, up to
// three letters, and of one or two letters none.
func Similar(word string, candidates []string) (string, bool) {
	best, at := 0, -1
	if len(word) > 2 {
		best = min(1+(len(word)-1)/5, 3)
	}
	for i, c := range candidates {
		if len(c) > maxCompared || len(word) > maxCompared {
			continue
		}
		if d := distance(word, c); d < best || d == best && at < 0 {
			best, at = d, i
		}
	}
	if at < 0 {
		return "", false
	}
	return candidates[at], true
}

// maxCompared bounds the quadratic comparison.
const maxCompared = 200

// distance counts the letters to insert, delete, replace or swap with their
// neighbour that make b of a (optimal string alignment).
func distance(a, b string) int {
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
