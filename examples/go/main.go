package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	const usage = "usage: go run ./examples/go log|read [-report FILE] [TASK_ID ...]"
	if len(args) == 0 {
		return errors.New(usage)
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	report := flags.String("report", "", "write what was done as JSON to this `file`")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch {
	case args[0] == "log" && flags.NArg() == 0:
		task, err := logAll(ctx)
		if err != nil {
			return err
		}
		fmt.Println("task", task)
		return save(*report, map[string]string{"task": task})
	case args[0] == "read" && flags.NArg() > 0:
		seen, err := readAll(ctx, flags.Args())
		if err != nil {
			return err
		}
		if err := save(*report, seen); err != nil {
			return err
		}
		return verdict(seen)
	}
	return errors.New(usage)
}

func save(file string, report any) error {
	if file == "" {
		return nil
	}
	content, err := json.Marshal(report)
	if err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o600)
}
