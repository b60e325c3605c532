package door_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/internal/door"
)

// line is a client on a line of its own speed, at a time of its own: each read
// takes as long as its bytes need, and ends at the deadline of the connection.
type line struct {
	*httptest.ResponseRecorder
	now      time.Time
	deadline time.Time
	each     time.Duration // for every piece
	piece    int           // bytes
	left     int           // bytes
}

func (l *line) SetReadDeadline(t time.Time) error {
	l.deadline = t
	return nil
}

func (l *line) Close() error { return nil }

func (l *line) Read(p []byte) (int, error) {
	if l.left == 0 {
		return 0, io.EOF
	}
	arrives := l.now.Add(l.each)
	if !l.deadline.IsZero() && arrives.After(l.deadline) {
		l.now = l.deadline
		return 0, os.ErrDeadlineExceeded
	}
	l.now = arrives
	n := min(l.piece, l.left, len(p))
	l.left -= n
	return n, nil
}

func TestPace(t *testing.T) {
	const window = 30 * time.Second
	for name, c := range map[string]struct {
		each   time.Duration
		piece  int
		left   int
		works  time.Duration // what the server does between two reads
		slow   bool
		within time.Duration // when a slow one is ended, at the latest
	}{
		"a quick body":                           {each: time.Millisecond, piece: 32 << 10, left: 10 << 20},
		"a gigabyte at 50 KiB/s":                 {each: 640 * time.Millisecond, piece: 32 << 10, left: 1 << 30},
		"two KiB a second":                       {each: time.Second, piece: 2 << 10, left: 10 << 20},
		"a short body in one window":             {each: 9 * time.Second, piece: 100, left: 200},
		"all at once after 20 s, again":          {each: 20 * time.Second, piece: 32 << 10, left: 1 << 20},
		"one byte a second":                      {each: time.Second, piece: 1, left: 1 << 20, slow: true, within: window},
		"half a KiB a second":                    {each: time.Second, piece: 512, left: 1 << 20, slow: true, within: window},
		"nothing at all":                         {each: time.Hour, piece: 1, left: 1, slow: true, within: window},
		"a server that takes a minute each time": {each: time.Second, piece: 32 << 10, left: 1 << 20, works: time.Minute},
		"one byte a second and a busy server":    {each: time.Second, piece: 1, left: 1 << 20, works: 10 * time.Second, slow: true, within: 11 * window},
	} {
		t.Run(name, func(t *testing.T) {
			l := &line{ResponseRecorder: httptest.NewRecorder(), now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), each: c.each, piece: c.piece, left: c.left}
			begun, all := l.now, c.left
			var got int
			var err error
			pace := door.Pace{Window: window, Now: func() time.Time { return l.now }}
			pace.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				buf := make([]byte, 64<<10)
				for err == nil {
					var n int
					n, err = r.Body.Read(buf)
					got += n
					l.now = l.now.Add(c.works)
				}
			})).ServeHTTP(l, httptest.NewRequest(http.MethodPost, "/", l))
			switch {
			case c.slow && !errors.Is(err, door.ErrTooSlow):
				t.Errorf("%d bytes, then %v", got, err)
			case c.slow && l.now.Sub(begun) > c.within+c.works:
				t.Errorf("ended after %s", l.now.Sub(begun))
			case !c.slow && (err != io.EOF || got != all):
				t.Errorf("%d of %d bytes, then %v", got, all, err)
			case !c.slow && !l.deadline.IsZero():
				t.Error("a deadline stays behind: net/http would take it for a client that left")
			}
		})
	}
}

func TestWhatNobodyReadIsReadAfterTheReply(t *testing.T) {
	for name, c := range map[string]struct {
		expect string
		each   time.Duration
		left   int
		unread bool
	}{
		"a body that comes":              {each: time.Millisecond, left: 100 << 20},
		"one that never ends":            {each: time.Second, left: 100 << 20, unread: true},
		"one that waits to be asked for": {expect: "100-continue", each: time.Millisecond, left: 100, unread: true},
	} {
		t.Run(name, func(t *testing.T) {
			l := &line{ResponseRecorder: httptest.NewRecorder(), now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), each: c.each, piece: 32 << 10, left: c.left}
			r := httptest.NewRequest(http.MethodPost, "/", l)
			if c.expect != "" {
				r.Header.Set("Expect", c.expect)
			}
			door.Pace{Window: 30 * time.Second, Now: func() time.Time { return l.now }}.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusUnauthorized)
			})).ServeHTTP(l, r)
			if (l.left > 0) != c.unread || l.Code != http.StatusUnauthorized {
				t.Errorf("%d bytes are left, status %d", l.left, l.Code)
			}
			if c.expect == "" && !l.Flushed {
				t.Error("the reply waits for the body")
			}
		})
	}
}
