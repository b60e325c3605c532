package s3_test

import (
	"testing"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/blob/s3"
	"github.com/coffer-ml/coffer/test/objectstore"
)

func open(t *testing.T, at string) *s3.Store {
	t.Helper()
	cfg, err := s3.FromURL(objectstore.Parse(t, at))
	if err != nil {
		t.Fatal(err)
	}
	s, err := s3.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store { return open(t, objectstore.Bucket(t, objectstore.S3)) })
}

func TestFaults(t *testing.T) {
	blobtest.Faults(t, objectstore.S3, func(t *testing.T, at string) blob.Store { return open(t, at) })
}

func TestLarge(t *testing.T) {
	blobtest.Large(t, open(t, objectstore.Bucket(t, objectstore.S3)), blobtest.AllBytes)
}

func TestCuts(t *testing.T) {
	at := objectstore.Bucket(t, objectstore.S3)
	blobtest.Cuts(t, open(t, at), blobtest.AllCuts)
	if ids := blobtest.Unfinished(t, objectstore.S3, at); len(ids) != 0 {
		t.Errorf("unfinished multipart uploads: %v", ids)
	}
}
