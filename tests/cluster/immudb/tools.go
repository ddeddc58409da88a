//go:build tools

// The server, which is of another module: named here so that go.mod keeps what it needs.
package tools

import _ "github.com/codenotary/immudb/cmd/immudb"
