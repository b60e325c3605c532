package lifecycle

import (
	"context"
	"slices"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// MaxLineage bounds the nodes of a graph: more than that nobody looks at.
const MaxLineage = 1000

// Node is what a lineage tells of one thing.
type Node struct {
	Kind    NodeKind
	ID      string // of a task or model, the path of a file, the digest of bytes
	Task    task.ID
	Ref     artifact.Ref // of an artifact, within its task
	Name    string
	Status  task.Status // of a task
	Ready   bool        // of a model
	Version int         // of a model or file that holds the bytes asked for
	More    bool        // there is more behind it that was left out
}

// NodeKind is what a node is.
type NodeKind string

// The kinds of nodes.
const (
	TaskNode     NodeKind = "task"
	ModelNode    NodeKind = "model"
	ArtifactNode NodeKind = "artifact"
	FileNode     NodeKind = "file"
	BytesNode    NodeKind = "bytes"
)

// Edge says how one node led to another, by their places among the nodes.
type Edge struct {
	From, To int
	How      Relation
}

// Relation is how one thing led to another.
type Relation string

// The relations.
const (
	Made    Relation = "made"    // a task made a model or artifact
	Used    Relation = "used"    // a model or artifact was an input of a task
	Derived Relation = "derived" // a model was the parent of another
	Held    Relation = "held"    // bytes are what a model, artifact or file holds
)

// Lineage is a graph of what led to something and what came of it. Nodes come
// in the order in which they were met, the nearest first.
type Lineage struct {
	Nodes []Node
	Edges []Edge
	Cut   bool // the limit left something out
}

// direction is which way from a node the graph is followed.
type direction uint8

const (
	back    direction = 1 << iota // what led to it
	onwards                       // what came of it
	both    = back | onwards
)

// walk is a lineage in the making.
type walk struct {
	*Service
	Lineage
	limit int
	at    map[string]int
	done  map[string]direction // which ways were followed
	next  []step
}

type step struct {
	node int
	way  direction
}

func (n Node) key() string {
	return string(n.Kind) + " " + n.ID + " " + string(n.Task) + " " + string(n.Ref.Mode) + " " + n.Ref.Key
}

// ModelLineage returns what led to a model and what came of it, in at most
// limit nodes.
func (s *Service) ModelLineage(ctx context.Context, who user.Identity, id model.ID, limit int) (Lineage, error) {
	m, err := s.Models.Get(ctx, who, id)
	if err != nil {
		return Lineage{}, err
	}
	w := s.newWalk(limit)
	w.add(modelNode(m), both)
	err = w.run(ctx)
	return w.Lineage, err
}

// BytesLineage returns every place where bytes are used, what led to those and
// what came of them, in at most limit nodes.
func (s *Service) BytesLineage(ctx context.Context, who user.Identity, d blob.Digest, limit int) (Lineage, error) {
	if err := who.Require(user.Guest); err != nil {
		return Lineage{}, err
	}
	w := s.newWalk(limit)
	root, _ := w.add(Node{Kind: BytesNode, ID: string(d)}, 0)
	held, err := s.Holders(ctx, who, d, limit)
	if err != nil {
		return Lineage{}, err
	}
	for _, h := range held.Models {
		n := modelNode(h.Model)
		n.Version = h.Version
		w.join(root, n, both, Held)
	}
	for _, f := range held.Artifacts {
		w.join(root, artifactNode(f.Artifact), both, Held)
	}
	for _, g := range held.Files {
		w.join(root, Node{Kind: FileNode, ID: string(g.Path), Name: g.Path.Base(), Version: g.Number}, 0, Held)
	}
	err = w.run(ctx)
	return w.Lineage, err
}

// Holders are the places where bytes are used.
type Holders struct {
	Models    []model.Holder
	Artifacts []artifact.Found // also versions that a newer one took the place of
	Files     []file.Generation
}

// Holders returns up to limit of each kind of place where bytes are used.
func (s *Service) Holders(ctx context.Context, who user.Identity, d blob.Digest, limit int) (h Holders, err error) {
	if err := who.Require(user.Guest); err != nil {
		return h, err
	}
	if h.Models, err = s.Models.Store.Holding(ctx, d, limit); err != nil {
		return h, err
	}
	if h.Artifacts, err = s.Artifacts.Search(ctx, who, artifact.Query{
		Request: query.Request{Filter: query.In{Field: "digest", Values: []string{string(d)}}, Page: query.Page{Limit: limit}},
		Earlier: true, IncludeHidden: true,
	}); err != nil {
		return h, err
	}
	h.Files, err = s.Files.Holding(ctx, d, limit)
	return h, err
}

func (s *Service) newWalk(limit int) *walk {
	return &walk{Service: s, limit: min(max(limit, 1), MaxLineage), at: make(map[string]int), done: make(map[string]direction)}
}

func modelNode(m model.Model) Node {
	return Node{Kind: ModelNode, ID: string(m.ID), Name: m.Name, Ready: m.Ready}
}

func taskNode(t task.Task) Node {
	return Node{Kind: TaskNode, ID: string(t.ID), Name: t.Name, Status: t.Status}
}

func artifactNode(a artifact.Artifact) Node {
	return Node{Kind: ArtifactNode, Task: a.Task, Ref: a.Ref, Name: a.Key}
}

// add returns the place of a node, which is to be followed the given ways;
// false if there is no room for it.
func (w *walk) add(n Node, way direction) (int, bool) {
	key := n.key()
	i, known := w.at[key]
	if !known {
		if len(w.Nodes) == w.limit {
			w.Cut = true
			return 0, false
		}
		i = len(w.Nodes)
		w.at[key], w.Nodes = i, append(w.Nodes, n)
	}
	if fresh := way &^ w.done[key]; fresh != 0 {
		w.done[key] |= fresh
		w.next = append(w.next, step{i, fresh})
	}
	return i, true
}

// join adds a node that another led to.
func (w *walk) join(from int, n Node, way direction, how Relation) {
	if i, ok := w.add(n, way); ok {
		w.edge(from, i, how)
	} else {
		w.Nodes[from].More = true
	}
}

// lead adds a node that led to another.
func (w *walk) lead(n Node, to int, way direction, how Relation) {
	if i, ok := w.add(n, way); ok {
		w.edge(i, to, how)
	} else {
		w.Nodes[to].More = true
	}
}

func (w *walk) edge(from, to int, how Relation) {
	if e := (Edge{from, to, how}); !slices.Contains(w.Edges, e) {
		w.Edges = append(w.Edges, e)
	}
}

// run follows the nodes, one level after the other, each by a fixed number of
// queries.
func (w *walk) run(ctx context.Context) error {
	for len(w.next) > 0 {
		level := w.next
		w.next = nil
		for _, follow := range []func(context.Context, []step) error{w.models, w.tasks, w.artifacts} {
			if err := follow(ctx, level); err != nil {
				return err
			}
		}
	}
	return nil
}

// of picks the steps from nodes of a kind: their places by id.
func (w *walk) of(level []step, kind NodeKind) (ids []string, ways map[string]step) {
	ways = make(map[string]step)
	for _, s := range level {
		n := w.Nodes[s.node]
		if n.Kind != kind {
			continue
		}
		id := n.ID
		if kind == ArtifactNode {
			id = string(n.Task)
		}
		if _, twice := ways[id]; !twice {
			ids = append(ids, id)
		}
		s.way |= ways[id].way
		ways[id] = s
	}
	return ids, ways
}

// models follows models: to the tasks that made them and their parents, and to
// the tasks that used them and what was derived from them.
func (w *walk) models(ctx context.Context, level []step) error {
	ids, ways := w.of(level, ModelNode)
	if len(ids) == 0 {
		return nil
	}
	found, err := w.Models.Store.List(ctx, model.Query{Request: query.Request{Filter: query.In{Field: "id", Values: ids}}, Parts: model.Row})
	if err != nil {
		return err
	}
	children, err := w.Models.Store.List(ctx, model.Query{Request: query.Request{
		Filter: query.In{Field: "parent", Values: ids}, Page: query.Page{Limit: w.limit + 1},
	}, Parts: model.Row})
	if err != nil {
		return err
	}
	makers, err := w.Tasks.Store.Uses(ctx, ids, false, w.limit+1)
	if err != nil {
		return err
	}
	users, err := w.Tasks.Store.Uses(ctx, ids, true, w.limit+1)
	if err != nil {
		return err
	}
	var parents, related []string
	for _, m := range found {
		parents, related = append(parents, string(m.Parent)), append(related, string(m.Task))
	}
	for _, u := range slices.Concat(makers, users) {
		related = append(related, string(u.Task))
	}
	tasks, err := w.named(ctx, related)
	if err != nil {
		return err
	}
	above, err := w.Models.Store.List(ctx, model.Query{Request: query.Request{Filter: query.In{Field: "id", Values: parents}}, Parts: model.Row})
	if err != nil {
		return err
	}
	for _, m := range found {
		s := ways[string(m.ID)]
		if s.way&back == 0 {
			continue
		}
		if t, ok := tasks[m.Task]; ok {
			w.lead(taskNode(t), s.node, back, Made)
		}
		for _, p := range above {
			if p.ID == m.Parent {
				w.lead(modelNode(p), s.node, back, Derived)
			}
		}
	}
	for _, u := range makers {
		if s := ways[u.Model]; s.way&back != 0 {
			w.lead(taskNode(tasks[u.Task]), s.node, back, Made)
		}
	}
	for _, u := range users {
		if s := ways[u.Model]; s.way&onwards != 0 {
			w.join(s.node, taskNode(tasks[u.Task]), onwards, Used)
		}
	}
	for _, m := range children {
		if s := ways[string(m.Parent)]; s.way&onwards != 0 {
			w.join(s.node, modelNode(m), onwards, Derived)
		}
	}
	return nil
}

// named loads tasks by id; those that are gone are left out.
func (w *walk) named(ctx context.Context, ids []string) (map[task.ID]task.Task, error) {
	slices.Sort(ids)
	found, err := w.Tasks.Store.List(ctx, task.Query{
		Request: query.Request{Filter: query.In{Field: "id", Values: slices.Compact(ids)}}, IncludeHidden: true, Parts: task.Row | task.Links,
	})
	out := make(map[task.ID]task.Task, len(found))
	for _, t := range found {
		out[t.ID] = t
	}
	return out, err
}

// tasks follows tasks: to the models and artifacts that they used, and to
// those that they made.
func (w *walk) tasks(ctx context.Context, level []step) error {
	ids, ways := w.of(level, TaskNode)
	if len(ids) == 0 {
		return nil
	}
	tasks, err := w.named(ctx, slices.Clone(ids))
	if err != nil {
		return err
	}
	made, err := w.Models.Store.List(ctx, model.Query{Request: query.Request{
		Filter: query.In{Field: "task", Values: ids}, Page: query.Page{Limit: w.limit + 1},
	}, Parts: model.Row})
	if err != nil {
		return err
	}
	var linked []string
	for _, t := range tasks {
		for _, l := range slices.Concat(t.Models.Input, t.Models.Output) {
			linked = append(linked, l.Model)
		}
	}
	slices.Sort(linked)
	found, err := w.Models.Store.List(ctx, model.Query{Request: query.Request{Filter: query.In{Field: "id", Values: slices.Compact(linked)}}, Parts: model.Row})
	if err != nil {
		return err
	}
	byID := make(map[string]model.Model, len(found))
	for _, m := range found {
		byID[string(m.ID)] = m
	}
	of := make([]task.ID, len(ids))
	for i, id := range ids {
		of[i] = task.ID(id)
	}
	logged, err := w.Artifacts.Store.List(ctx, artifact.Selection{Tasks: of, Limit: w.limit + 1})
	if err != nil {
		return err
	}
	for _, id := range ids {
		s, t := ways[id], tasks[task.ID(id)]
		for _, l := range t.Models.Input {
			if m, ok := byID[l.Model]; ok && s.way&back != 0 {
				w.lead(modelNode(m), s.node, back, Used)
			}
		}
		for _, l := range t.Models.Output {
			if m, ok := byID[l.Model]; ok && s.way&onwards != 0 {
				w.join(s.node, modelNode(m), onwards, Made)
			}
		}
	}
	for _, m := range made {
		if s := ways[string(m.Task)]; s.way&onwards != 0 {
			w.join(s.node, modelNode(m), onwards, Made)
		}
	}
	for _, a := range logged {
		switch s := ways[string(a.Task)]; {
		case a.Mode == artifact.Input && s.way&back != 0:
			w.lead(artifactNode(a), s.node, 0, Used)
		case a.Mode == artifact.Output && s.way&onwards != 0:
			w.join(s.node, artifactNode(a), 0, Made)
		}
	}
	return nil
}

// artifacts follows artifacts to the tasks that made or used them.
func (w *walk) artifacts(ctx context.Context, level []step) error {
	ids, _ := w.of(level, ArtifactNode)
	if len(ids) == 0 {
		return nil
	}
	tasks, err := w.named(ctx, ids)
	if err != nil {
		return err
	}
	for _, s := range level {
		n := w.Nodes[s.node]
		t, ok := tasks[n.Task]
		switch {
		case n.Kind != ArtifactNode || !ok:
		case n.Ref.Mode == artifact.Input:
			w.join(s.node, taskNode(t), onwards, Used)
		default:
			w.lead(taskNode(t), s.node, back, Made)
		}
	}
	return nil
}
