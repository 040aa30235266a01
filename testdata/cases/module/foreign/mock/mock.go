// Package mock stands for a library that records calls for tests and gives
// back what it was told to: values of any type, of which it knows none.
package mock

import "fmt"

// Mock is embedded in a test double.
type Mock struct{ returns map[string]Arguments }

// Arguments are the values of one call.
type Arguments []any

// Return says what Called gives for a method.
func (m *Mock) Return(method string, values ...any) {
	if m.returns == nil {
		m.returns = map[string]Arguments{}
	}
	m.returns[method] = values
}

// Called gives what was said for a method.
func (m *Mock) Called(method string, args ...any) Arguments {
	out, ok := m.returns[method]
	if !ok {
		panic(fmt.Sprintf("nothing was said about %s%v", method, args))
	}
	return out
}

// Get is one of the values.
func (a Arguments) Get(i int) any { return a[i] }
