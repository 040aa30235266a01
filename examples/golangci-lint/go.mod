module github.com/redis2cf/redis2cf/examples/golangci-lint

go 1.26.0

require (
	github.com/golangci/plugin-module-register v0.1.2
	github.com/redis2cf/redis2cf v0.0.0
	go.yaml.in/yaml/v3 v3.0.4
	golang.org/x/tools v0.52.0
)

require (
	github.com/dave/jennifer v1.7.1 // indirect
	github.com/redis2cf/redis2cf/runtime v0.0.0 // indirect
	github.com/yuin/gopher-lua v1.1.1 // indirect
	golang.org/x/mod v0.42.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
)

replace (
	github.com/redis2cf/redis2cf => ../..
	github.com/redis2cf/redis2cf/runtime => ../../runtime
)
