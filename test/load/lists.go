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
	// scrollPages is how far a scroll is followed.
	scrollPages = 8
)

// measureLists asks two databases of tasks, a large and a small one, for the
// same lists in turn.
func (b *bench) measureLists(ctx context.Context) (err error) {
	if b.asked, err = regexp.Compile(b.ask); err != nil {
		return fmt.Errorf("-ask: %w", err)
	}
	large, small := newWorld(b.tasks, b.tasks/perProject), newWorld(few, few/perProject)
	var servers [2]*server
	defer func() {
		for _, s := range servers {
			if s != nil {
				err = errors.Join(err, s.discard())
			}
		}
	}()
	for i, w := range []*world{large, small} {
		if servers[i], err = b.filled(ctx, fmt.Sprint("lists-", w.tasks), w); err != nil {
			return err
		}
	}
	lines := bufio.NewScanner(os.Stdin)
	for {
		if err := b.askAll(ctx, servers, [2]*world{large, small}); err != nil {
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
	s, err := b.server(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := s.Stop(); err != nil {
		return nil, errors.Join(err, s.discard())
	}
	begin := time.Now()
	var to bulk
	if s.database == "" {
		to, err = openSQLiteBulk(ctx, filepath.Join(s.folder, "data", "coffer.db"))
	} else {
		to, err = openPostgresBulk(ctx, s.database)
	}
	if err == nil {
		err = errors.Join(w.fill(ctx, to), to.close())
	}
	if err == nil {
		err = b.restart(ctx, s)
	}
	if err != nil {
		return nil, errors.Join(err, s.discard())
	}
	fmt.Fprintf(os.Stderr, "%d tasks in %d projects: filled in %.0f s\n", w.tasks, w.projects, time.Since(begin).Seconds())
	return s, nil
}

// askAll measures each kind of request.
func (b *bench) askAll(ctx context.Context, servers [2]*server, worlds [2]*world) error {
	for _, a := range asks() {
		if !b.asked.MatchString(a.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "\r\x1b[K%s", a.name)
		var times [2]series // milliseconds
		draws := [2]*rand.Rand{rand.New(rand.NewPCG(1, 1)), rand.New(rand.NewPCG(1, 1))}
		for n := 0; len(times[0]) < b.requests; n++ {
			for i, s := range servers {
				took, err := s.ask(ctx, a, worlds[i], draws[i])
				if err != nil {
					return fmt.Errorf("%s, of %d tasks: %w", a.name, worlds[i].tasks, err)
				}
				if n >= warmUp {
					times[i] = append(times[i], took...)
				}
			}
		}
		b.report.list(a, times[0], times[1])
	}
	fmt.Fprint(os.Stderr, "\r\x1b[K")
	for i, s := range servers {
		for _, figure := range []string{"VmRSS", "VmHWM"} {
			mb, err := s.memory(figure)
			if err != nil {
				return err
			}
			b.report.plain(fmt.Sprintf("resident memory with %d tasks, %s", worlds[i].tasks, map[string]string{"VmRSS": "after all lists", "VmHWM": "at most"}[figure]), "", "", "MB", series{mb})
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
		b.report.plain(fmt.Sprintf("disk that %d tasks take", worlds[i].tasks), "", "", "MB", series{float64(size) / 1e6})
	}
	return nil
}

// ask sends one request, or a scroll of them, checks what comes back, and
// gives the times in milliseconds.
func (s *server) ask(ctx context.Context, a ask, w *world, r *rand.Rand) (series, error) {
	endpoint := a.endpoint
	if endpoint == "" {
		endpoint = "tasks.get_all_ex"
	}
	asked := a.body(w, r)
	reply, took, err := s.timed(ctx, endpoint, asked)
	if err != nil {
		return nil, err
	}
	if err := a.check(w, asked, reply); err != nil || !a.follow {
		return series{took}, err
	}
	var out series
	for range scrollPages {
		if len(reply.Tasks) == 0 {
			break
		}
		asked["scroll_id"] = reply.ScrollID
		if reply, took, err = s.timed(ctx, endpoint, asked); err != nil {
			return nil, err
		}
		out = append(out, took)
	}
	return out, nil
}

// page is the part of replies that is looked at.
type page struct {
	Tasks    []fields `json:"tasks"`
	Projects []fields `json:"projects"`
	ScrollID string   `json:"scroll_id"`
}

func (a ask) check(w *world, asked fields, reply page) error {
	if n := len(reply.Tasks) + len(reply.Projects); a.empty && n > 0 {
		return fmt.Errorf("%d were found for %v, expected none", n, asked)
	}
	for _, t := range reply.Tasks {
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
// and with few, and the ratio of the medians.
func (r *report) list(a ask, many, few series) {
	both := func(s series) string {
		return fmt.Sprintf("%s, %s", figure(s.median(), "ms"), figure(s.percentile(99), "ms"))
	}
	budget := a.budget
	if budget == "" {
		budget = commonBudget
	}
	r.rows = append(r.rows, []string{a.name, both(many), both(few), fmt.Sprintf("%.2f", many.median()/few.median()), "", budget})
}
