// Package beside holds cfotel and cfcmd against redisotel and rediscmd: its tests run the
// same commands on both and compare spans, measurements and texts. It is a module of its
// own, so that no program that requires cfotel gets go-redis into its module graph.
package beside
