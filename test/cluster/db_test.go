package cluster_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/server"
	"github.com/coffer-ml/coffer/test/postgres"
)

func digestOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func TestTwoServersOnOneDatabase(t *testing.T) {
	at := postgres.Database(t)
	shared := t.TempDir()
	a := serve(t, "--db", at, "--blobs", shared)
	b := serve(t, "--db", at, "--blobs", shared)

	t.Run("see what the other one keeps", func(t *testing.T) {
		if got := a.upload(t, "x/one.bin", "content"); got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
		if got := b.get(t, b.Files+"/x/one.bin"); got.status != http.StatusOK || string(got.body) != "content" {
			t.Errorf("%d %s", got.status, got.body)
		}
	})

	t.Run("wake those who wait on the other one", func(t *testing.T) {
		of := a.newTask(t, "x")
		b.record(t, of, "late", "x/late.bin", digestOf("late"))
		if s := b.state(t, of, "late", 0); s != "pending" {
			t.Fatalf("before the upload it is %q", s)
		}
		got := make(chan string)
		// Longer than the limit of this test's client: only being woken ends it.
		go func() { got <- b.state(t, of, "late", 300) }()
		if up := a.upload(t, "x/late.bin", "late"); up.status != http.StatusOK {
			t.Fatalf("%d %s", up.status, up.body)
		}
		if s := <-got; s != "stored" {
			t.Errorf("after the upload it is %q", s)
		}
	})

	t.Run("share their key pairs, and what is revoked", func(t *testing.T) {
		// Neither needs the data directory of a server.
		out := command(t, "keys", "ls", "--db", at, "--data", t.TempDir())
		if !strings.Contains(out, a.pair.Access) || !strings.Contains(out, b.pair.Access) {
			t.Errorf("listed are\n%s", out)
		}
		crossed := &running{Addresses: b.Addresses, pair: a.pair}
		if got := crossed.get(t, b.Files+"/x/one.bin"); got.status != http.StatusOK {
			t.Errorf("a pair of the other server: %d %s", got.status, got.body)
		}
		command(t, "keys", "revoke", a.pair.Access, "--db", at, "--data", t.TempDir())
		eventually(t, "the revoked pair is refused", func() bool {
			return crossed.get(t, b.Files+"/x/one.bin").status == http.StatusUnauthorized
		})
	})

	t.Run("never write the password down", func(t *testing.T) {
		u, err := url.Parse(at)
		must(t, err)
		secret, _ := u.User.Password()
		for _, r := range []*running{a, b} {
			r.stop()
			if text := r.out.String() + r.log.String(); strings.Contains(text, secret) {
				t.Errorf("the password stands in what the server wrote:\n%s", text)
			} else if !strings.Contains(text, u.Host) {
				t.Errorf("which database is used is not told:\n%s", text)
			}
		}
	})
}

func TestDatabasesThatCannotBe(t *testing.T) {
	const secret = "s3cr3t"
	for _, at := range []string{
		"mysql://u:" + secret + "@h/d", "postgres://u:" + secret + "@h", "u:" + secret + "@h/d", "postgres://u:" + secret + "%zz@h/d",
		"postgres:///d?password=" + secret,
	} {
		_, err := load(t, "--db", at)
		if err == nil {
			t.Errorf("%s was taken", at)
			continue
		}
		if server.ExitCode(err) != 2 || !strings.Contains(err.Error(), "db: ") || !strings.Contains(err.Error(), "postgres://user:password@host") {
			t.Errorf("%s: exit code %d, %v", at, server.ExitCode(err), err)
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the password stands in the message: %v", err)
		}
	}
	t.Run("since nobody may sign in, which is told at once", func(t *testing.T) {
		u, err := url.Parse(postgres.Database(t))
		must(t, err)
		u.User = url.UserPassword(u.User.Username(), secret)
		if _, err = tryCommand("keys", "ls", "--db", u.String()); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("since nobody answers, which is told in the end", func(t *testing.T) {
		proxy := postgres.NewProxy(t, postgres.Shared(t))
		proxy.Cut()
		_, err := tryCommand("keys", "ls", "--db", proxy.URL(t, postgres.Database(t)))
		if server.ExitCode(err) != 6 {
			t.Errorf("exit code %d, %v", server.ExitCode(err), err)
		}
	})
}

// interruption is how long the database is out of reach: longer than it is
// waited for. COFFER_INTERRUPTION makes it longer.
func interruption(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("COFFER_INTERRUPTION")
	if text == "" {
		return 12 * time.Second
	}
	d, err := time.ParseDuration(text)
	must(t, err)
	return d
}

// attempt is one artifact of a client.
type attempt struct {
	key, path, content string
	stored, recorded   bool // acknowledged
}

// try uploads an artifact and records it, and notes what was acknowledged. What
// was refused must say why.
func (a *attempt) try(t *testing.T, r *running, of string) {
	up := r.upload(t, a.path, a.content)
	if a.stored = up.status == http.StatusOK; !a.stored {
		if up.status != http.StatusServiceUnavailable || up.header.Get("Retry-After") == "" || !strings.Contains(string(up.body), "the database") {
			t.Errorf("upload refused by %d, Retry-After %q: %s", up.status, up.header.Get("Retry-After"), up.body)
		}
		return
	}
	got, e := r.record(t, of, a.key, a.path, digestOf(a.content))
	if a.recorded = got.status == http.StatusOK; !a.recorded {
		if got.status != http.StatusInternalServerError || e.Meta.Message == "" {
			t.Errorf("record refused by %d: %s", got.status, got.body)
		}
	}
}

func TestDatabaseLostWhileClientsUpload(t *testing.T) {
	proxy := postgres.NewProxy(t, postgres.Shared(t))
	r := serve(t, "--db", proxy.URL(t, postgres.Database(t)))
	of := r.newTask(t, "x")

	const clients = 16
	var tried [clients][]*attempt
	var acknowledged, refused atomic.Int64
	ending := make(chan struct{})
	var wait sync.WaitGroup
	for client := range clients {
		wait.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-ending:
					return
				default:
				}
				name := fmt.Sprintf("%d-%d", client, n)
				a := &attempt{key: name, path: "lost/" + name, content: "content of " + name}
				a.try(t, r, of)
				tried[client] = append(tried[client], a)
				if a.recorded {
					acknowledged.Add(1)
				} else {
					refused.Add(1)
				}
				if n%20 == 19 { // this is no test of load
					time.Sleep(50 * time.Millisecond)
				}
			}
		})
	}
	eventually(t, "uploads are acknowledged", func() bool { return acknowledged.Load() > 3*clients })
	proxy.Cut()
	time.Sleep(interruption(t))
	before := acknowledged.Load()
	proxy.Mend()
	eventually(t, "uploads are acknowledged again, without a restart", func() bool { return acknowledged.Load() > before+3*clients })
	close(ending)
	wait.Wait()
	if refused.Load() == 0 {
		t.Error("nothing was refused: the interruption was too short to show anything")
	}
	t.Logf("%d acknowledged, %d refused", acknowledged.Load(), refused.Load())

	for _, list := range tried {
		for _, a := range list {
			if a.stored {
				if got := r.get(t, r.Files+"/"+a.path); got.status != http.StatusOK || string(got.body) != a.content {
					t.Errorf("%s was acknowledged and reads %d %s", a.path, got.status, got.body)
				}
			}
			if a.recorded {
				if s := r.state(t, of, a.key, 0); s != "stored" {
					t.Errorf("%s was acknowledged and is %q", a.key, s)
				}
			}
		}
	}
}
