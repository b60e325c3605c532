package rpc_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	picture "image"
	"image/png"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/preview"
	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

// stored uploads a file and returns its digest.
func (w world) stored(t *testing.T, path, content string) string {
	t.Helper()
	return string(w.Upload(t, path, content).Digest)
}

func (w world) preview(t *testing.T, target string) preview.Preview {
	t.Helper()
	r := w.Do(t, rpctest.Request{Method: "GET", Path: "/preview/" + target})
	if r.Status != 200 {
		t.Fatalf("%s: %d %s", target, r.Status, r.Body)
	}
	var p preview.Preview
	if err := json.Unmarshal(r.Body, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func packed(t *testing.T, name, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create(name)
	if err == nil {
		_, err = f.Write([]byte(content))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPreviews(t *testing.T) {
	w := newWorld(t)
	var drawing bytes.Buffer
	if err := png.Encode(&drawing, picture.NewNRGBA(picture.Rect(0, 0, 1200, 600))); err != nil {
		t.Fatal(err)
	}
	text := w.stored(t, "p/train.py", "import os\nprint(1)\n")
	img := w.stored(t, "p/a.png", drawing.String())
	arch := w.stored(t, "p/a.zip", packed(t, "inner/a.json", `{"a": [1, 2]}`))
	page := w.stored(t, "p/a.html", "<script>parent.document.cookie</script><p>hello</p>")

	t.Run("show what is in a file", func(t *testing.T) {
		p := w.preview(t, text)
		if p.Kind != "text" || p.Text.Language != "python" || len(p.Text.Lines) != 2 || p.Digest != text || p.Name != "train.py" {
			t.Errorf("%+v", p)
		}
		if p := w.preview(t, text+"?rows=1-2"); len(p.Text.Lines) != 1 || p.Text.From != 1 || p.Text.Lines[0] != "print(1)" {
			t.Errorf("%+v", p.Text)
		}
		if p := w.preview(t, arch+"?member=inner%2Fa.json&path=/a/1"); p.Tree.Node.Value != "2" {
			t.Errorf("%+v", p)
		}
		if p := w.preview(t, "sha256:"+img); p.Image.Width != 1200 {
			t.Errorf("%+v", p)
		}
	})
	t.Run("are answered with 304 where nothing changed", func(t *testing.T) {
		r := w.Do(t, rpctest.Request{Method: "GET", Path: "/preview/" + text})
		tag := r.Header.Get("ETag")
		if tag == "" || r.Header.Get("Cache-Control") != "private, max-age=86400" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%v", r.Header)
		}
		if r := w.Do(t, rpctest.Request{Method: "GET", Path: "/preview/" + text, Header: map[string]string{"If-None-Match": tag}}); r.Status != 304 || len(r.Body) != 0 {
			t.Errorf("%d", r.Status)
		}
	})
	t.Run("make pictures", func(t *testing.T) {
		r := w.Do(t, rpctest.Request{Method: "GET", Path: "/preview/" + img + "/image?w=300"})
		m, _, err := picture.Decode(bytes.NewReader(r.Body))
		if err != nil || m.Bounds().Dx() != 300 || m.Bounds().Dy() != 150 {
			t.Errorf("%d %v", r.Status, err)
		}
	})
	t.Run("send members and ranges", func(t *testing.T) {
		r := w.Do(t, rpctest.Request{Method: "GET", Path: "/preview/" + arch + "/bytes?member=inner/a.json"})
		if r.Status != 200 || string(r.Body) != `{"a": [1, 2]}` || !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment; filename=a.json") {
			t.Errorf("%d %s %v", r.Status, r.Body, r.Header)
		}
		r = w.Do(t, rpctest.Request{Method: "GET", Path: "/preview/" + img + "/bytes", Header: map[string]string{"Range": "bytes=1-3"}})
		if r.Status != 206 || string(r.Body) != "PNG" || r.Header.Get("Content-Type") != "image/png" || r.Header.Get("Content-Disposition") != "" {
			t.Errorf("%d %q %v", r.Status, r.Body, r.Header)
		}
		if r = w.Do(t, rpctest.Request{Method: "GET", Path: "/preview/" + img + "/bytes?download"}); !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%v", r.Header)
		}
	})
	t.Run("show pages in a sandbox", func(t *testing.T) {
		r := w.Do(t, rpctest.Request{Method: "GET", Path: "/preview/" + page + "/html"})
		policy := r.Header.Get("Content-Security-Policy")
		if r.Status != 200 || !strings.HasPrefix(policy, "sandbox;") || strings.Contains(policy, "script") || r.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%d %v", r.Status, r.Header)
		}
		r = w.Do(t, rpctest.Request{Method: "GET", Path: "/preview/" + page + "/html?scripts=1"})
		policy = r.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "sandbox allow-scripts;") || strings.Contains(policy, "allow-same-origin") || !strings.Contains(policy, "connect-src 'none'") {
			t.Errorf("%s", policy)
		}
		if r := w.Do(t, rpctest.Request{Method: "GET", Path: "/preview/" + text + "/html"}); r.Status != 404 {
			t.Errorf("a text as a page: %d", r.Status)
		}
	})
	t.Run("are refused where nothing is meant", func(t *testing.T) {
		none := sum("none")
		for target, status := range map[string]int{
			"short": 400, none: 404, none + "/image": 404, none + "/html": 404, none + "/bytes": 404, text + "?rows=5": 200, text + "?rows=x": 400, text + "?rows=5-5": 400,
			text + "?rows=-1": 400, text + "?rows=1-99999999999999999999": 400, text + "?at=-1": 400, text + "?as=cake": 400, text + "?what=1": 400,
			text + "?member=x": 404, arch + "?member=x": 404, arch + "?member=a&member=a&member=a&member=a&member=a": 400, text + "/image": 404,
			img + "/image?w=0": 400, img + "/image?w=5000": 400, page + "/html?scripts=2": 400, text + "/other": 404,
		} {
			if r := w.Do(t, rpctest.Request{Method: "GET", Path: "/preview/" + target}); r.Status != status {
				t.Errorf("%s: %d, want %d: %s", target, r.Status, status, r.Body)
			}
		}
		for as, status := range map[user.Role]int{rpctest.Nobody: 401, user.Guest: 200, user.Member: 200} {
			for _, target := range []string{img, img + "/image", page + "/html", img + "/bytes"} {
				if r := w.Do(t, rpctest.Request{Method: "GET", Path: "/preview/" + target, As: as}); r.Status != status {
					t.Errorf("%s as %s: %d, want %d", target, as, r.Status, status)
				}
			}
		}
	})
}

// Whatever a file is called and holds, no answer of ours lets a browser run it
// with the rights of the page.
func TestPreviewsRunNothing(t *testing.T) {
	w := newWorld(t)
	const script = "<script>fetch('/api/users')</script>"
	for name, content := range map[string]string{
		"a.html": script, "a.svg": `<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`, "a.js": "alert(1)", "a.xml": "<?xml version='1.0'?><x/>",
		"a.pdf": "%PDF-1.7\n/JavaScript", "a.png": script, "a.json": `{"x": "` + script + `"}`, "a": script, "<script>.txt": script, "a.css": "*{}", "a.wav": script,
		"gif.js": "GIF89a/*...*/=alert(1)", "a.xhtml": `<html xmlns="http://www.w3.org/1999/xhtml"><script>1</script></html>`, "a.mht": "MIME-Version: 1.0",
	} {
		digest := w.stored(t, "x/"+name, content+name)
		for _, end := range []string{"", "?as=text", "?as=hex", "/bytes", "/html", "/html?scripts=1", "/image"} {
			r := w.Do(t, rpctest.Request{Method: "GET", Path: "/preview/" + digest + end})
			if r.Status == 404 || r.Status == 400 {
				continue
			}
			h := r.Header
			policy, media := h.Get("Content-Security-Policy"), h.Get("Content-Type")
			if r.Status != 200 || h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(policy, "sandbox") || strings.Contains(policy, "allow-same-origin") {
				t.Errorf("%s%s: %d %v", name, end, r.Status, h)
			}
			switch {
			case strings.HasPrefix(end, "/html"):
			case media == "application/json", strings.HasPrefix(media, "image/"):
			case strings.HasPrefix(h.Get("Content-Disposition"), "attachment") && media == "application/octet-stream":
			default:
				t.Errorf("%s%s is shown as %s", name, end, media)
			}
		}
	}
}
