//go:build tools

// Programs of other modules that are built with these: named here so that go.mod keeps them.
package programs

import (
	_ "github.com/rancher/local-path-provisioner"
	_ "sigs.k8s.io/kind"
)
