package drivers_test

import (
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/blob/drivers"
)

func TestLocation(t *testing.T) {
	for spec, want := range map[string]string{
		"/a/b/../c d/":              "file:///a/c%20d",
		"file:///a/c d":             "file:///a/c%20d",
		"file:///a/c%20d/":          "file:///a/c%20d",
		"mem:":                      "mem:",
		"s3://b/p/?region=r":        "s3://b/p?region=r",
		"s3://b?stall=1s&region=r":  "s3://b?region=r&stall=1s",
		"s3://id:secret@b/p":        "s3://b/p",
		"s3://b/p?secret_key=abc":   "s3://b/p",
		"azure://acc/c/p?sas=sv%3D": "azure://acc/c/p",
		"gs://b?credentials=/f":     "gs://b?credentials=%2Ff",
	} {
		got := drivers.Location(spec)
		if got != want {
			t.Errorf("%s: %s", spec, got)
		}
		if again := drivers.Location(got); again != got {
			t.Errorf("%s: %s the second time", got, again)
		}
	}
	if got := drivers.Location("s3://id:sec ret%zz@b"); strings.Contains(got, "ret") {
		t.Errorf("shown is %s", got)
	}
}
