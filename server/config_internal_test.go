package server

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// What server.config and messages show of the configuration holds no password.
func TestSettingsAreShownWithoutSecrets(t *testing.T) {
	f := pflag.NewFlagSet("test", pflag.ContinueOnError)
	Flags(f)
	if err := f.Parse([]string{
		"--db", "postgres://coffer:hidden1@db.lab/coffer?password=hidden2&sslmode=require", "--blobs", "s3://id:hidden3@bucket/x?secretKey=hidden4&region=eu",
	}); err != nil {
		t.Fatal(err)
	}
	c, err := Load(f, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settings {
		if shown := c.Settings[s.key]; strings.Contains(shown, "hidden") {
			t.Errorf("%s is shown as %s", s.key, shown)
		}
	}
	if db := c.Settings["db"]; !strings.Contains(db, "db.lab/coffer") || !strings.Contains(db, "sslmode=require") || !strings.Contains(c.Settings["blobs"], "region=eu") {
		t.Errorf("too little is shown: %v", c.Settings)
	}
}
