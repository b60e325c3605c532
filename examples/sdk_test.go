package examples_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/test/instance"
	"github.com/coffer-ml/coffer/test/objectstore"
)

// The program of each concept runs, and says what it should.
func TestProgramsWithTheGoSDKRun(t *testing.T) {
	server, err := instance.Start(t.Context(), instance.Config{Binary: build(t), Data: filepath.Join(t.TempDir(), "data"), Env: instance.Clean()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	keys, err := server.CreateKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	programs, err := os.ReadDir("sdk")
	if err != nil {
		t.Fatal(err)
	}
	says := map[string][]string{
		"quick":    {"epochs", "<nil>"},
		"task":     {"a task in_progress 0.1", "tagged:", "the same again created"},
		"artifact": {"numpy stored", "[[1 2 3] [4 5 6]]", "version 2 is the second note", "version 1 is the first note", "second", "true"},
		"report":   {},
		"storage":  {"4 bytes: 1,2"},
		"table":    {"scores: 3 rows", "scores as csv: 3 rows", "scores as feather: 3 rows", "14   0.25", "15    NaN"},
		"pickle":   {"[64 32] 2026 (3, 'channels', None) pickle {'lr': 0.1}"},
		"model":    {"PyTorch 1 0.93 weights of epoch 1"},
		"register": {"data-audit-table version 2 has 100 rows"},
		"cloud":    {"external kept in a bucket", "16 bytes: "},
	}
	bin, home := t.TempDir(), t.TempDir()
	bucket := cloud(t, home)
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./sdk/...").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, p := range programs {
		t.Run(p.Name(), func(t *testing.T) {
			want, known := says[p.Name()]
			if !known {
				t.Fatal("nothing is known of what it says")
			}
			cmd := exec.CommandContext(t.Context(), filepath.Join(bin, p.Name()))
			if p.Name() == "cloud" {
				cmd.Args = append(cmd.Args, bucket)
			}
			cmd.Dir = filepath.Join("sdk", p.Name())
			cmd.Env = append(instance.Clean(), "HOME="+home, "CLEARML_API_HOST="+keys.API, "CLEARML_FILES_HOST="+keys.Files, "CLEARML_WEB_HOST="+keys.Web,
				"CLEARML_API_ACCESS_KEY="+keys.Access, "CLEARML_API_SECRET_KEY="+keys.Secret)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, text := range want {
				if !strings.Contains(string(out), text) {
					t.Errorf("%q is not in\n%s", text, out)
				}
			}
			if p.Name() == "quick" && strings.Count(string(out), "<nil>") != 5 {
				t.Errorf("something went wrong:\n%s", out)
			}
		})
	}
}

// cloud makes a bucket, and a configuration that has its keys, and returns its
// address.
func cloud(t *testing.T, home string) string {
	t.Helper()
	u := objectstore.Parse(t, objectstore.Bucket(t, objectstore.S3))
	host := objectstore.Parse(t, u.Query().Get("endpoint")).Host
	text, err := os.ReadFile(u.Query().Get("credentials"))
	if err != nil {
		t.Fatal(err)
	}
	var key, secret string
	if _, err := fmt.Sscanf(string(text), "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", &key, &secret); err != nil {
		t.Fatal(err)
	}
	conf := fmt.Sprintf("sdk.aws.s3.credentials: [{host: %q, key: %s, secret: %s, secure: false}]\n", host, key, secret)
	if err := os.WriteFile(filepath.Join(home, "clearml.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	return "s3://" + host + "/" + u.Host + "/folder"
}

// The program in the README is the one that runs, and it is short.
func TestTheReadmeShowsTheProgramThatRuns(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("sdk/quick/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(program), "\n") // without its comment
	if !strings.Contains(string(readme), "```go\n"+code+"```\n") {
		t.Error("the README shows another program than examples/sdk/quick")
	}
	lines := 0
	for line := range strings.Lines(code) {
		if strings.TrimSpace(line) != "" {
			lines++
		}
	}
	if lines >= 20 {
		t.Errorf("the program has %d lines", lines)
	}
}

// What a program takes along that logs and reads artifacts, its size without
// what debuggers read, as programs are handed out.
func TestAProgramWithTheGoSDKStaysSmall(t *testing.T) {
	const most = 25 << 20
	binary := filepath.Join(t.TempDir(), "quick")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-s -w", "-o", binary, "./sdk/quick").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > most {
		t.Errorf("the program has %d bytes", info.Size())
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./sdk/quick").Output()
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range strings.FieldsSeq(string(out)) {
		own, ours := strings.CutPrefix(pkg, "github.com/coffer-ml/coffer/")
		first, _, _ := strings.Cut(own, "/")
		if ours && first != "client" && first != "codec" && first != "api" && first != "examples" {
			t.Errorf("it takes %s along", pkg)
		}
		for _, heavy := range []string{"modernc.org/", "jackc/pgx", "cloud.google.com", "aws-sdk", "minio", "Azure", "google.golang.org/grpc", "prometheus"} {
			if strings.Contains(pkg, heavy) {
				t.Errorf("it takes %s along", pkg)
			}
		}
	}
	t.Logf("%d bytes", info.Size())
}
