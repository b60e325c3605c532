package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
)

const (
	// perProject is how many tasks a project has on average, and few how many
	// there are in the database that the large one is held against.
	perProject = 500
	few        = 10_000
	// warmUp is how often each list is asked for before it counts: statements
	// are prepared, and what the other list drove out of memory is back.
	warmUp = 5
	// parts of the requests go to the one server, then to the other: what else
	// the machine does should meet both.
	parts = 5
	// scrollPages is how far a scroll is followed.
	scrollPages = 8
)

// measureLists asks two databases of tasks, a large and a small one, for the
// same lists in turn.
func (b *bench) measureLists(ctx context.Context) error {
	return b.measureWorlds(ctx, "lists", newWorld(b.tasks, b.tasks/perProject), newWorld(few, few/perProject), asks())
}

// measureWorlds fills a database with each of two worlds and asks both.
func (b *bench) measureWorlds(ctx context.Context, name string, large, small *world, of []ask) (err error) {
	if b.asked, err = regexp.Compile(b.ask); err != nil {
		return fmt.Errorf("-ask: %w", err)
	}
	var servers [2]*server
	defer func() {
		for _, s := range servers {
			if s != nil {
				err = errors.Join(err, s.discard())
			}
		}
	}()
	for i, w := range []*world{large, small} {
		if servers[i], err = b.filled(ctx, fmt.Sprint(name, "-", max(w.tasks, w.models)), w); err != nil {
			return err
		}
	}
	syscall.Sync() // the system would write it while lists are asked for
	for _, s := range servers {
		if s.database != "" {
			continue
		}
		letGo, err := hold(filepath.Join(s.folder, "data", "coffer.db"))
		if err != nil { // not every user may, nor has every machine as much
			fmt.Fprintf(os.Stderr, "%v: some of it may be read from the disk\n", err)
			continue
		}
		defer letGo()
	}
	lines := bufio.NewScanner(os.Stdin)
	for {
		if err := b.askAll(ctx, servers, [2]*world{large, small}, of); err != nil {
			return err
		}
		if !b.again {
			return nil
		}
		fmt.Print(b.report.text())
		b.report = report{}
		if !lines.Scan() {
			return lines.Err()
		}
		if b.asked, err = regexp.Compile(lines.Text()); err != nil {
			return err
		}
		for _, s := range servers {
			if err := b.restart(ctx, s); err != nil {
				return err
			}
		}
	}
}

// filled starts a server on a database with all of a world.
func (b *bench) filled(ctx context.Context, name string, w *world) (*server, error) {
	if b.kept != "" { // to fill takes minutes, which would be in vain
		if err := os.MkdirAll(b.kept, 0o700); err != nil {
			return nil, err
		}
	}
	s, err := b.server(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := s.Stop(); err != nil {
		return nil, errors.Join(err, s.discard())
	}
	begin := time.Now()
	file := filepath.Join(s.folder, "data", "coffer.db")
	kept := filepath.Join(b.kept, name+".db")
	if b.kept != "" && s.database == "" && clone(kept, file) == nil {
		// The files are marked as those of the database that was there.
		if err := os.RemoveAll(filepath.Join(s.folder, "data", "blobs")); err != nil {
			return nil, err
		}
		if err := b.start(ctx, s); err != nil {
			return nil, err
		}
		s.token = ""
		if s.keys, err = s.CreateKeys(ctx); err == nil { // it came with others
			err = s.signIn(ctx)
		}
		return s, err
	}
	var to bulk
	if s.database == "" {
		to, err = openSQLiteBulk(ctx, file)
	} else {
		to, err = openPostgresBulk(ctx, s.database)
	}
	if err == nil {
		err = errors.Join(w.fill(ctx, to), to.close())
	}
	if err == nil && b.kept != "" && s.database == "" {
		err = clone(file, kept)
	}
	if err == nil {
		err = b.restart(ctx, s)
	}
	if err != nil {
		return nil, errors.Join(err, s.discard())
	}
	fmt.Fprintf(os.Stderr, "%s in %d projects: filled in %.0f s\n", w, w.projects, time.Since(begin).Seconds())
	return s, nil
}

// clone copies a file.
func clone(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// askAll measures each kind of request.
func (b *bench) askAll(ctx context.Context, servers [2]*server, worlds [2]*world, of []ask) error {
	for _, a := range of {
		if !b.asked.MatchString(a.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "\r\x1b[K%s", a.name)
		took, err := b.askBoth(ctx, servers, worlds, a)
		if err != nil {
			return err
		}
		b.report.list(a, took)
		if a, ok := a.alike(took); ok {
			if took, err = b.askBoth(ctx, servers, worlds, a); err != nil {
				return err
			}
			b.report.list(a, took)
		}
	}
	fmt.Fprint(os.Stderr, "\r\x1b[K")
	for i, s := range servers {
		for _, figure := range []string{"VmRSS", "VmHWM"} {
			mb, err := s.memory(figure)
			if err != nil {
				return err
			}
			b.report.plain(fmt.Sprintf("resident memory with %s, %s", worlds[i], map[string]string{"VmRSS": "after all lists", "VmHWM": "at most"}[figure]), "", "", "MB", series{mb})
		}
	}
	for i, s := range servers {
		size := s.written()
		if s.database != "" {
			var err error
			if size, err = s.postgres.DatabaseSize(ctx, s.database); err != nil {
				return err
			}
		}
		b.report.plain(fmt.Sprintf("disk that %s take", worlds[i]), "", "", "MB", series{float64(size) / 1e6})
	}
	return nil
}

// asking is what the requests of a kind to one server took.
type asking struct {
	times series  // milliseconds of each
	used  float64 // seconds of processor time
	found int     // rows that came
}

// rows is how many came of a request.
func (a asking) rows() float64 { return float64(a.found) / float64(len(a.times)) }

// askBoth sends the requests of a kind to both servers in turn.
func (b *bench) askBoth(ctx context.Context, servers [2]*server, worlds [2]*world, a ask) (both [2]asking, err error) {
	draws := [2]*rand.Rand{rand.New(rand.NewPCG(1, 1)), rand.New(rand.NewPCG(1, 1))}
	for part := range parts {
		for i, s := range servers {
			took, rows, cpu, err := b.askSome(ctx, s, a, worlds[i], draws[i], part == 0)
			if err != nil {
				return both, fmt.Errorf("%s, of %s: %w", a.name, worlds[i], err)
			}
			of := &both[i]
			of.times, of.used, of.found = append(of.times, took...), of.used+cpu, of.found+rows
		}
	}
	return both, nil
}

// askSome sends a part of the requests of a kind, after some that do not count
// if it is the first.
func (b *bench) askSome(ctx context.Context, s *server, a ask, w *world, r *rand.Rand, first bool) (times series, rows int, cpu float64, err error) {
	if first {
		for range warmUp {
			if _, _, err := s.ask(ctx, a, w, r); err != nil {
				return nil, 0, 0, err
			}
		}
	}
	// What becomes of the replies here is not to be collected while the server
	// works on the next.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC()
	before, err := s.cpu()
	for range max(1, b.requests/parts) {
		if err != nil {
			return nil, 0, 0, err
		}
		var took series
		var n int
		took, n, err = s.ask(ctx, a, w, r)
		times, rows = append(times, took...), rows+n
	}
	if err != nil {
		return nil, 0, 0, err
	}
	after, err := s.cpu()
	return times, rows, after - before, err
}

// ask sends one request, or a scroll of them, checks what comes back, and
// gives the times in milliseconds and how many rows came.
func (s *server) ask(ctx context.Context, a ask, w *world, r *rand.Rand) (times series, rows int, err error) {
	endpoint := a.endpoint
	if endpoint == "" {
		endpoint = "tasks.get_all_ex"
	}
	asked := a.body(w, r)
	if a.size > 0 {
		asked["size"] = a.size
	}
	reply, took, err := s.timed(ctx, endpoint, asked)
	if err != nil {
		return nil, 0, err
	}
	if err := a.check(w, asked, reply); err != nil || !a.follow {
		return series{took}, reply.rows(), err
	}
	for range scrollPages {
		if len(reply.Tasks) == 0 {
			break
		}
		asked["scroll_id"] = reply.ScrollID
		if reply, took, err = s.timed(ctx, endpoint, asked); err != nil {
			return nil, 0, err
		}
		times, rows = append(times, took), rows+reply.rows()
	}
	return times, rows, nil
}

// page is the part of replies that is looked at.
type page struct {
	Tasks    []fields `json:"tasks"`
	Models   []fields `json:"models"`
	Projects []fields `json:"projects"`
	ScrollID string   `json:"scroll_id"`
}

func (p page) rows() int { return len(p.Tasks) + len(p.Models) + len(p.Projects) }

func (a ask) check(w *world, asked fields, reply page) error {
	if n := reply.rows(); a.empty && n > 0 {
		return fmt.Errorf("%d were found for %v, expected none", n, asked)
	}
	for _, t := range append(reply.Tasks, reply.Models...) {
		if a.fits != nil && !a.fits(w, asked, t) {
			return fmt.Errorf("%v was found for %v", t, asked)
		}
	}
	return nil
}

// timed sends a request and gives the milliseconds until the whole reply was
// there.
func (s *server) timed(ctx context.Context, endpoint string, in fields) (out page, ms float64, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return out, 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.API+"/v2.23/"+endpoint, bytes.NewReader(body))
	if err != nil {
		return out, 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+s.token)
	begin := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return out, 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	ms = time.Since(begin).Seconds() * 1000
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s for %s: %s: %.500s", endpoint, body, resp.Status, content)
	}
	if err != nil {
		return out, 0, err
	}
	return out, ms, json.Unmarshal(content, &struct {
		Data *page `json:"data"`
	}{&out})
}

// list adds the row of a list: medians and 99th percentiles with many tasks
// and with few, the ratio of the medians, how many rows came of each, without
// which the ratio says little, and the processor time of a request, which says
// more where the machine does other things as well.
func (r *report) list(a ask, took [2]asking) {
	large, small := took[0], took[1]
	both := func(s series) string {
		return fmt.Sprintf("%s, %s", figure(s.median(), "ms"), figure(s.percentile(99), "ms"))
	}
	budget := a.budget
	if budget == "" {
		budget = commonBudget
	}
	each := func(of asking) string { return figure(of.used*1000/float64(len(of.times)), "ms") }
	r.rows = append(r.rows, []string{
		a.name, both(large.times), both(small.times), fmt.Sprintf("%.2f", large.times.median()/small.times.median()),
		fmt.Sprintf("processor %s, %s; rows %.0f, %.0f", each(large), each(small), large.rows(), small.rows()), budget,
	})
}
