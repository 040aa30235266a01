// Engine is the main package of engine.wasm: worker/object behind the exports and
// imports that worker/doc.go lists. It moves bytes and owns the collector; whatever
// there is to decide is decided in worker/object. It is built with
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags="-s -w"
package main
