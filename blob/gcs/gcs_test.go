package gcs_test

import (
	"testing"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/blob/gcs"
	"github.com/coffer-ml/coffer/test/objectstore"
)

func open(t *testing.T, at string) *gcs.Store {
	t.Helper()
	cfg, err := gcs.FromURL(objectstore.Parse(t, at))
	if err != nil {
		t.Fatal(err)
	}
	s, err := gcs.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store { return open(t, objectstore.Bucket(t, objectstore.GCS)) })
}

func TestFaults(t *testing.T) {
	blobtest.Faults(t, objectstore.GCS, func(t *testing.T, at string) blob.Store { return open(t, at) })
}

func TestLarge(t *testing.T) {
	blobtest.Large(t, open(t, objectstore.Bucket(t, objectstore.GCS)), blobtest.SlowBytes(t))
}

func TestCuts(t *testing.T) {
	blobtest.Cuts(t, open(t, objectstore.Bucket(t, objectstore.GCS)), blobtest.SlowCuts(t))
}
