package budget

// Total is how much memory this process may have in all, Go's heap and the reserve
// included, in bytes: the least of the machine's and its control groups'.
func Total() uint64 {
	n, _ := memoryLimit("/")
	return n
}
