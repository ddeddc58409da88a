// Writes to Immudb and reads it back, each with its proof: what a consumer would do.
//
//	IMMUDB_PASSWORD=… client HOST:PORT KEY VALUE
//
// Prints the value that was read; ends with 1 and the reason when something is refused.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"

	immudb "github.com/codenotary/immudb/pkg/client"
)

func run(address, key, value string) (string, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp("", "immudb-client")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)

	ctx := context.Background()
	client := immudb.NewClient().WithOptions(immudb.DefaultOptions().WithAddress(host).WithPort(port).WithDir(folder))
	if err := client.OpenSession(ctx, []byte("immudb"), []byte(os.Getenv("IMMUDB_PASSWORD")), "defaultdb"); err != nil {
		return "", err
	}
	defer client.CloseSession(ctx)
	if _, err := client.VerifiedSet(ctx, []byte(key), []byte(value)); err != nil {
		return "", err
	}
	entry, err := client.VerifiedGet(ctx, []byte(key))
	if err != nil {
		return "", err
	}
	return string(entry.Value), nil
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "client HOST:PORT KEY VALUE")
		os.Exit(2)
	}
	value, err := run(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(value)
}
