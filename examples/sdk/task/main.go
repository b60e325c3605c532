// Command task starts a task, describes it, finds it again and clones it.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/coffer-ml/coffer/client"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) (err error) {
	c, err := client.Open(ctx, client.Config{})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }() // the run has told what did not arrive

	train, err := c.StartTask(ctx, client.TaskSpec{Project: "Coffer examples", Name: "a task", Tags: []string{"example"}})
	if err != nil {
		return err
	}
	defer train.End(ctx, &err) // completed, or failed with err, or failed by a panic
	if err := train.SetParameters(ctx, map[string]any{"lr": 0.1, "Args/epochs": 3}); err != nil {
		return err
	}

	// Another program finds it by project and name, or all that meet conditions.
	found, err := c.FindTask(ctx, client.TaskQuery{Project: "Coffer examples", Name: "a task"})
	if err != nil {
		return err
	}
	parameters, err := found.Parameters(ctx)
	if err != nil {
		return err
	}
	fmt.Println(found.Name, found.Status, parameters["General/lr"])
	for t, err := range c.Tasks(ctx, client.TaskQuery{Tags: client.All("example"), Limit: 10}) {
		if err != nil {
			return err
		}
		fmt.Println("tagged:", t.ID)
	}
	draft, err := found.Clone(ctx, client.CloneOptions{Name: "the same again"})
	if err != nil {
		return err
	}
	fmt.Println(draft.Name, draft.Status)
	return draft.Delete(ctx, client.DeleteOptions{})
}
