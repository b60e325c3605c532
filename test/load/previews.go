package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// The files whose first page is asked for.
const (
	archiveSize    = 5 << 30
	archiveMembers = 2000
	parquetSize    = 2 << 30
	tableRows      = 50_000
	tableColumns   = 200
)

// previews measures the first page of the preview of large files.
type previews struct {
	*bench
	server  *server
	folder  string
	digests map[string]string

	wait, cpu, memory map[string]series // ms, ms, MB of growth of the peak
	read              map[string]series // MB of the file
	zcat              series            // ms
}

func (b *bench) measurePreviews(ctx context.Context) (err error) {
	p := &previews{bench: b, folder: filepath.Join(b.folder, "previews-source"), digests: map[string]string{}}
	p.wait, p.cpu, p.memory, p.read = map[string]series{}, map[string]series{}, map[string]series{}, map[string]series{}
	if err := roomFor(b.parent, archiveSize+2*parquetSize+1<<30); err != nil {
		return err
	}
	if err := os.MkdirAll(p.folder, 0o700); err != nil {
		return err
	}
	if p.server, err = b.server(ctx, "previews"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.server.discard()) }()
	if err := p.fill(ctx); err != nil {
		return err
	}
	names := []string{"5 GiB zip", "2 GiB parquet", "50,000 x 200 csv.gz"}
	if err := b.each(ctx, "previews", func(int) error {
		for _, name := range names {
			if err := p.ask(ctx, name); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return p.count(ctx)
	}); err != nil {
		return err
	}
	for _, name := range names {
		b.report.plain("first page of a "+name, "", "", "ms", p.wait[name])
		b.report.plain("processor time for it", "", "", "ms", p.cpu[name])
		b.report.plain("growth of peak memory for it", "", "< 64 MB", "MB", p.memory[name])
		b.report.plain("read of the file for it", "", "", "MB", p.read[name])
	}
	ratio := make(series, len(p.zcat))
	for i := range ratio {
		ratio[i] = p.wait[names[2]][i] / p.zcat[i]
	}
	b.report.plain("first page of the csv.gz, in times of zcat | wc", figure(p.zcat.median(), "ms")+" zcat | wc", "", "x", ratio)
	return nil
}

// fill makes the files and sends them; the archive is never a file here.
func (p *previews) fill(ctx context.Context) error {
	if err := p.send(ctx, "5 GiB zip", "archive.zip", func(w io.Writer) error {
		z := zip.NewWriter(w)
		zeros := make([]byte, 1<<20)
		for i := range archiveMembers {
			member, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("run/part %05d/weights.bin", i), Method: zip.Store})
			if err != nil {
				return err
			}
			for left := archiveSize / archiveMembers; left > 0; {
				n, err := member.Write(zeros[:min(left, len(zeros))])
				if err != nil {
					return err
				}
				left -= n
			}
		}
		return z.Close()
	}); err != nil {
		return err
	}
	parquet := filepath.Join(p.folder, "table.parquet")
	const script = `
import os, sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
rng = np.random.default_rng(7)
names = [f"c{i}" for i in range(50)]
schema = pa.schema([(n, pa.float64()) for n in names])
with pq.ParquetWriter(sys.argv[1], schema, compression="none", use_dictionary=False) as out:
    while os.path.getsize(sys.argv[1]) < int(sys.argv[2]):
        out.write_table(pa.table({n: rng.random(250_000) for n in names}, schema=schema))
`
	if out, err := exec.CommandContext(ctx, p.python, "-c", script, parquet, strconv.Itoa(parquetSize)).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	if err := p.sendFile(ctx, "2 GiB parquet", parquet); err != nil {
		return err
	}
	if err := os.Remove(parquet); err != nil {
		return err
	}
	if err := p.makeTable(); err != nil {
		return err
	}
	return p.sendFile(ctx, "50,000 x 200 csv.gz", p.table())
}

func (p *previews) table() string { return filepath.Join(p.folder, "table.csv.gz") }

func (p *previews) makeTable() error {
	f, err := os.Create(p.table())
	if err != nil {
		return err
	}
	z := gzip.NewWriter(f)
	dice := rand.New(rand.NewPCG(1, 2))
	var line bytes.Buffer
	for r := range tableRows + 1 {
		line.Reset()
		for c := range tableColumns {
			if c > 0 {
				line.WriteByte(',')
			}
			if r == 0 {
				fmt.Fprintf(&line, "column %d", c)
			} else {
				line.WriteString(strconv.FormatFloat(dice.NormFloat64(), 'g', 8, 64))
			}
		}
		line.WriteByte('\n')
		if _, err := z.Write(line.Bytes()); err != nil {
			return err
		}
	}
	return errors.Join(z.Close(), f.Close())
}

func (p *previews) sendFile(ctx context.Context, what, name string) error {
	return p.send(ctx, what, filepath.Base(name), func(w io.Writer) error {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(w, f)
		return errors.Join(err, f.Close())
	})
}

// send uploads what a function writes, and keeps its digest.
func (p *previews) send(ctx context.Context, what, name string, write func(io.Writer) error) error {
	r, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() {
		part, err := form.CreateFormFile("load/previews/"+name, name)
		if err == nil {
			err = write(part)
		}
		if err == nil {
			err = form.Close()
		}
		_ = w.CloseWithError(err) // the reader gets it
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.server.Files, r)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	if _, err := p.do(req, http.StatusOK); err != nil {
		return err
	}
	if req, err = http.NewRequestWithContext(ctx, http.MethodHead, p.server.Files+"/load/previews/"+name, nil); err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+p.server.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	p.digests[what] = resp.Header.Get("X-Coffer-Digest")
	return resp.Body.Close()
}

func (p *previews) do(req *http.Request, want int) ([]byte, error) {
	req.Header.Set("Authorization", "Bearer "+p.server.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != want {
		err = fmt.Errorf("%s: %s: %.300s", req.URL.Path, resp.Status, body)
	}
	return body, err
}

// ask asks a server that was just started, and keeps nothing, for the first
// page of a file.
func (p *previews) ask(ctx context.Context, what string) error {
	if err := os.RemoveAll(filepath.Join(p.server.folder, "data", "previews")); err != nil {
		return err
	}
	if err := p.restart(ctx, p.server); err != nil {
		return err
	}
	before, err := p.server.memory("VmRSS")
	if err != nil {
		return err
	}
	if err := p.server.forgetPeak(); err != nil {
		return err
	}
	used, err := p.server.cpu()
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.server.API+"/preview/"+p.digests[what], nil)
	if err != nil {
		return err
	}
	begin := time.Now()
	body, err := p.do(req, http.StatusOK)
	if err != nil {
		return err
	}
	took := time.Since(begin)
	now, err := p.server.cpu()
	if err != nil {
		return err
	}
	peak, err := p.server.memory("VmHWM")
	if err != nil {
		return err
	}
	var shown struct {
		Problem string `json:"problem"`
		Read    int64  `json:"read"`
	}
	if err := json.Unmarshal(body, &shown); err != nil || shown.Problem != "" {
		return fmt.Errorf("no preview: %s, %w", shown.Problem, err)
	}
	p.wait[what] = append(p.wait[what], took.Seconds()*1000)
	p.cpu[what] = append(p.cpu[what], (now-used)*1000)
	p.memory[what] = append(p.memory[what], peak-before)
	p.read[what] = append(p.read[what], float64(shown.Read)/1e6)
	return nil
}

// count measures zcat and wc on the same table.
func (p *previews) count(ctx context.Context) error {
	begin := time.Now()
	if out, err := exec.CommandContext(ctx, "sh", "-c", `zcat "$0" | wc`, p.table()).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	p.zcat = append(p.zcat, time.Since(begin).Seconds()*1000)
	return nil
}
