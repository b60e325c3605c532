package hostile_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// The environment that makes this test binary a process that holds
// connections.
const (
	holdAddress = "COFFER_HOSTILE_HOLD"
	holdCount   = "COFFER_HOSTILE_COUNT"
)

// Ten thousand connections of another process bring nothing, or half a
// header, or nothing after their first request. Each is closed at its limit,
// and meanwhile other clients are served.
func TestIdleConnectionsAreClosedAtTheirLimit(t *testing.T) {
	count := 10_000
	if most := openFiles() - 1000; most < count { // this machine does not allow as many
		count = most
	}
	s := start(t, "--header-timeout", "15s", "--idle-timeout", "15s")
	holder := exec.CommandContext(t.Context(), os.Args[0])
	holder.Env = append(os.Environ(), holdAddress+"="+strings.TrimPrefix(s.API, "http://"), holdCount+"="+strconv.Itoa(count))
	holder.Stderr = os.Stderr
	out, err := holder.StdoutPipe()
	must(t, err)
	must(t, holder.Start())
	lines := bufio.NewScanner(out)
	next := func() string {
		if !lines.Scan() {
			t.Fatalf("the process that holds connections ended: %v", lines.Err())
		}
		return lines.Text()
	}
	if got, want := next(), fmt.Sprintf("opened %d", count); got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	var ended sync.WaitGroup
	var served atomic.Int64
	stop := make(chan struct{})
	for range 4 {
		ended.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
				resp, err := client.Get(s.API + "/v2.23/debug.ping")
				if err != nil {
					t.Errorf("another client is not served: %v", err)
					return
				}
				_ = resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					t.Errorf("another client gets %d", resp.StatusCode)
				}
				served.Add(1)
				time.Sleep(20 * time.Millisecond) // others need the processor too
			}
		})
	}
	got := next()
	close(stop)
	ended.Wait()
	if want := fmt.Sprintf("closed %d", count); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if served.Load() == 0 {
		t.Error("no other client was served meanwhile")
	}
	t.Logf("%d connections; %d requests of others were served meanwhile", count, served.Load())
	must(t, holder.Wait())
}

// openFiles is how many files a process may have open, raised as far as
// allowed.
func openFiles() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	l.Cur = l.Max
	_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l)
	_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l)
	return int(min(l.Cur, 1<<20))
}

// hold opens connections from several addresses, so that ports suffice, and
// waits until the other end has closed every one. It runs in a process of its
// own.
func hold(address, count string) int {
	openFiles()
	n, err := strconv.Atoi(count)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	var ended sync.WaitGroup
	var closed atomic.Int64
	for i := range n {
		from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i%4))}
		d := net.Dialer{LocalAddr: from, Timeout: patience}
		c, err := d.Dial("tcp", address)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		switch i % 10 {
		case 0:
			_, err = io.WriteString(c, "GET /v2.23/debug.ping HTTP/1.1\r\nHost: x\r\n\r\n")
		case 1:
			_, err = io.WriteString(c, "GET /v2.23/debug.ping HTTP/1.1\r\nHo")
		}
		if err != nil && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		ended.Go(func() {
			_ = c.SetReadDeadline(time.Now().Add(patience))
			_, err := io.Copy(io.Discard, c)
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				closed.Add(1)
			}
			_ = c.Close()
		})
	}
	fmt.Println("opened", n)
	ended.Wait()
	fmt.Println("closed", closed.Load())
	return 0
}
