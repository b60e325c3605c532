package azure_test

import (
	"testing"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/azure"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/test/objectstore"
)

func open(t *testing.T, at string) *azure.Store {
	t.Helper()
	cfg, err := azure.FromURL(objectstore.Parse(t, at))
	if err != nil {
		t.Fatal(err)
	}
	s, err := azure.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store { return open(t, objectstore.Bucket(t, objectstore.Azure)) })
}

func TestFaults(t *testing.T) {
	blobtest.Faults(t, objectstore.Azure, func(t *testing.T, at string) blob.Store { return open(t, at) })
}

func TestLarge(t *testing.T) {
	blobtest.Large(t, open(t, objectstore.Bucket(t, objectstore.Azure)), blobtest.SlowBytes(t))
}

func TestCuts(t *testing.T) {
	blobtest.Cuts(t, open(t, objectstore.Bucket(t, objectstore.Azure)), blobtest.SlowCuts(t))
}
