module github.com/redis2cf/redis2cf

go 1.26.0

require (
	github.com/yuin/gopher-lua v1.1.1 // indirect
	golang.org/x/tools v0.52.0 // indirect
)
