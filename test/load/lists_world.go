package main

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"time"
)

// What the tasks of the lists are like: many runs of few programs by few
// people, in projects of very different size, over three years. Everything of
// a task follows from its number, so that nothing need be kept.
const (
	usersInAll  = 60
	topicTags   = 1000 // used by few or by many
	releaseSize = 5    // tasks that share a tag of their own
	family      = 64   // a controller and the runs that it began
	span        = 3 * 365 * 24 * time.Hour
)

// epoch is when the newest task was made.
var epoch = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

var (
	verbs      = []string{"train", "train", "train", "finetune", "evaluate", "distill", "prune", "export"}
	models     = []string{"resnet18", "resnet50", "resnet101", "yolo", "bert", "unet", "gpt", "vit", "convnext", "wav2vec", "tabnet", "pointnet", "llama", "clip", "mobilenet"}
	data       = []string{"imagenet", "coco", "cifar10", "squad", "librispeech", "kitti", "cityscapes", "wikitext", "laion", "mnist", "invoices", "xrays"}
	rates      = []string{"0.1", "0.03", "0.01", "0.003", "0.001", "0.0003", "0.0001", "3e-05", "1e-05"}
	optimisers = []string{"Adam", "AdamW", "SGD", "Lion", "RMSprop"}
	programs   = []string{"train.py", "main.py", "finetune.py", "scripts/run.py"}
	kinds      = choice([]string{"training", "testing", "inference", "data_processing", "application", "controller", "optimizer", "qc"}, 70, 12, 6, 6, 3, 1.5, 1, 0.5)
	statuses   = choice([]string{"completed", "failed", "stopped", "published", "created", "in_progress", "closed", "queued"}, 62, 12, 11, 6, 5, 2, 1.5, 0.5)
)

// world is a database of tasks, or of models and the tasks that made them.
type world struct {
	tasks, projects int
	models          int // 0 for none
	people          weighted
	places          weighted
	topics          weighted
}

// String counts what the lists are of.
func (w *world) String() string {
	if w.models > 0 {
		return fmt.Sprint(w.models, " models")
	}
	return fmt.Sprint(w.tasks, " tasks")
}

func newWorld(tasks, projects int) *world {
	return &world{tasks: tasks, projects: projects, people: zipf(usersInAll, 0.9), places: zipf(projects, 0.8), topics: zipf(topicTags, 1.1)}
}

// weighted draws numbers, each as often as it weighs.
type weighted []float64 // sums up to and with each

func (w weighted) draw(r *rand.Rand) int {
	return min(sort.SearchFloat64s(w, r.Float64()*w[len(w)-1]), len(w)-1)
}

// zipf weighs the n-th as n to the power of -s.
func zipf(n int, s float64) weighted {
	w := make(weighted, n)
	sum := 0.0
	for i := range w {
		sum += math.Pow(float64(i+1), -s)
		w[i] = sum
	}
	return w
}

type picker struct {
	values  []string
	weights weighted
}

func choice(values []string, weights ...float64) picker {
	p := picker{values: values, weights: make(weighted, len(weights))}
	sum := 0.0
	for i, w := range weights {
		sum += w
		p.weights[i] = sum
	}
	return p
}

func (p picker) draw(r *rand.Rand) string { return p.values[p.weights.draw(r)] }

// The streams that ids and tasks are drawn from.
const (
	idStream = iota + 1
	taskStream
	projectStream
	modelStream
)

func idOf(stream uint64, n int) string {
	p := rand.NewPCG(uint64(n), stream)
	var b [16]byte
	for i := range 2 {
		v := p.Uint64()
		for j := range 8 {
			b[8*i+j] = byte(v >> (8 * j))
		}
	}
	return hex.EncodeToString(b[:])
}

func taskID(n int) string    { return idOf(idStream, n) }
func projectID(n int) string { return idOf(projectStream, n) }
func userID(n int) string    { return fmt.Sprintf("load-user-%02d", n) }
func topic(n int) string     { return fmt.Sprintf("topic %04d", n) }
func release(n int) string   { return fmt.Sprintf("release %d", n) }

// projectName is a path: one project of ten is at the top, the others lie
// below it.
func projectName(n int) string {
	name := fmt.Sprintf("team %03d", n/10)
	if n%10 != 0 {
		name += fmt.Sprintf("/%s %04d", data[n%len(data)], n)
	}
	return name
}

// metric is the last value of a curve.
type metric struct {
	metric, variant string
	value           float64
}

type param struct{ section, name, value string }

type sample struct {
	id, name, kind, comment, status string
	parent                          string
	project, user                   int
	created, started, completed     time.Time // zero for none
	update                          time.Time
	tags, system                    []string
	program, repository             string
	params                          []param
	metrics                         []metric
	iteration                       int
	model                           bool // it put out one
}

// task makes the n-th in the order of time.
func (w *world) task(n int) sample {
	r := rand.New(rand.NewPCG(uint64(n), taskStream))
	t := sample{
		id: taskID(n), kind: kinds.draw(r), status: statuses.draw(r), project: w.places.draw(r), user: w.people.draw(r),
		created: epoch.Add(-span + time.Duration(float64(span)*float64(n)/float64(w.tasks))),
		program: programs[r.IntN(len(programs))], repository: "git@github.com:someone/" + data[r.IntN(len(data))] + ".git",
	}
	model, on := models[r.IntN(len(models))], data[r.IntN(len(data))]
	rate := rates[r.IntN(len(rates))]
	switch k := r.IntN(100); {
	case k < 45: // the same script again
		t.name = fmt.Sprintf("%s %s on %s", verbs[r.IntN(len(verbs))], model, on)
	case k < 90:
		t.name = fmt.Sprintf("%s %s lr=%s run %07d", model, on, rate, n)
	default: // as hyper-parameter searches name their runs
		t.name = fmt.Sprintf("search %s: Args/lr=%s Args/seed=%d", on, rate, r.IntN(1_000_000))
	}
	if n%family != 0 && r.IntN(100) < 25 {
		t.parent = taskID(n / family * family)
	}
	if r.IntN(100) < 4 {
		t.comment = fmt.Sprintf("%s looks good on %s so far, see run %d", model, on, r.IntN(w.tasks))
	}
	if t.status != "created" && t.status != "queued" {
		t.started = t.created.Add(time.Duration(r.IntN(600_000)) * time.Millisecond)
		t.update = t.started.Add(time.Duration(r.IntN(36_000_000)) * time.Millisecond)
		if t.status != "in_progress" {
			t.completed = t.update
		}
		t.iteration = r.IntN(100_000)
	} else {
		t.update = t.created
	}
	for range []int{0, 0, 1, 1, 1, 2, 2, 3, 4, 6}[r.IntN(10)] {
		if tag := topic(w.topics.draw(r)); !slices.Contains(t.tags, tag) {
			t.tags = append(t.tags, tag)
		}
	}
	if n%40 == 0 {
		t.tags = append(t.tags, release(n/40/releaseSize))
	}
	if r.IntN(100) < 60 {
		t.system = append(t.system, "development")
	}
	if r.IntN(100) < 15 {
		t.system = append(t.system, "archived")
	}
	t.params = append(t.params, param{"Args", "lr", rate}, param{"Args", "batch_size", fmt.Sprint(8 << r.IntN(6))})
	if r.IntN(100) < 80 {
		t.params = append(t.params, param{"Args", "optimizer", optimisers[r.IntN(len(optimisers))]})
	}
	if r.IntN(100) < 50 {
		t.params = append(t.params, param{"Args", "seed", fmt.Sprint(r.IntN(1_000_000))})
	}
	if !t.started.IsZero() && r.IntN(100) < 75 {
		t.metrics = append(t.metrics, metric{"loss", "validation", r.ExpFloat64()})
		if r.IntN(100) < 60 {
			t.metrics = append(t.metrics, metric{"accuracy", "validation", float64(r.IntN(1001)) / 1000})
		}
	}
	t.model = !t.completed.IsZero() && r.IntN(100) < 30
	return t
}
