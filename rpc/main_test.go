package rpc_test

import (
	"os"
	"testing"

	"github.com/coffer-ml/coffer/rpc/rpctest"
)

func TestMain(m *testing.M) { os.Exit(rpctest.Main(m)) }
