//go:build race

package runtime_test

// raceDetector says that the pools of memory are emptied at random.
const raceDetector = true
