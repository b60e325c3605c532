package sdk_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/client/cache"
	"github.com/coffer-ml/coffer/codec"
	"github.com/coffer-ml/coffer/test/instance"
)

// readerTask is the variable that makes the test binary a process that reads
// artifacts of a task through a cache.
const readerTask = "COFFER_SDK_READER"

// readAsProcess reads artifacts in random order until it has read so many
// bytes, and fails at the first wrong one.
func readAsProcess() error {
	ctx := context.Background()
	most, err := strconv.ParseInt(os.Getenv("COFFER_SDK_BYTES"), 10, 64)
	if err != nil {
		return err
	}
	limit, err := strconv.ParseInt(os.Getenv("COFFER_SDK_LIMIT"), 10, 64)
	if err != nil {
		return err
	}
	dice := rand.New(rand.NewPCG(uint64(os.Getpid()), 1))
	var names []string
	for read := int64(0); read < most; {
		// A client for some artifacts: what it has in use it lets go of.
		c, err := client.Open(ctx, client.Config{CacheDir: os.Getenv("COFFER_SDK_CACHE"), CacheBytes: limit, CacheFree: -1})
		if err != nil {
			return err
		}
		t, err := c.Task(ctx, os.Getenv(readerTask))
		if err != nil {
			return err
		}
		if len(names) == 0 {
			for a, err := range t.Artifacts(ctx) {
				if err != nil {
					return err
				}
				names = append(names, a.Name)
			}
		}
		for range 5 {
			a, err := t.Artifact(ctx, names[dice.IntN(len(names))])
			if err != nil {
				return err
			}
			n, err := readOne(ctx, a, dice.IntN(3))
			if err != nil {
				return fmt.Errorf("%s: %w", a.Name, err)
			}
			read += n
		}
		if err := c.Close(ctx); err != nil {
			return err
		}
		fmt.Println(read)
	}
	return nil
}

// readOne reads an artifact in one of the ways there are, and checks it.
func readOne(ctx context.Context, a *client.Artifact, way int) (int64, error) {
	switch {
	case a.Type == codec.TypeArchive:
		dir, err := a.LocalCopy(ctx)
		if err != nil {
			return 0, err
		}
		text, err := os.ReadFile(filepath.Join(dir, "member.bin"))
		if err == nil && int64(len(text)) != memberSize {
			err = fmt.Errorf("%d bytes in the folder", len(text))
		}
		return a.Size, err
	case way == 0 && a.Type == codec.TypeString:
		text, err := client.Get[string](ctx, a)
		return int64(len(text)), checkSum([]byte(text), a.SHA256, err)
	}
	path, err := a.LocalCopy(ctx)
	if err != nil {
		return 0, err
	}
	content, err := os.ReadFile(path)
	return int64(len(content)), checkSum(content, a.SHA256, err)
}

func checkSum(content []byte, want string, err error) error {
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != want {
		return fmt.Errorf("%d bytes with another digest than %s", len(content), want)
	}
	return nil
}

// memberSize is that of the file in each logged folder.
const memberSize = 100_000

// mixed logs artifacts of all sizes: texts, files and folders, about total
// bytes.
func mixed(t *testing.T, run *client.Run, total int64) {
	t.Helper()
	dice := rand.New(rand.NewPCG(1, 1))
	for i, logged := 0, int64(0); logged < total; i++ {
		size := int64(1) << (6 + dice.IntN(16)) // up to 2 MiB
		content := make([]byte, size)
		for j := range content {
			content[j] = byte(dice.Uint32N(256))
		}
		name := fmt.Sprintf("artifact %d", i)
		var value any
		switch i % 5 {
		case 0:
			value = hex.EncodeToString(content)
		case 1:
			value = codec.Dir(folder(t, map[string]string{"member.bin": strings.Repeat(string(rune('a'+i%26)), memberSize), "id": name}))
		default:
			path := filepath.Join(t.TempDir(), fmt.Sprintf("file%d.bin", i))
			must(t, os.WriteFile(path, content, 0o600))
			value = codec.File(path)
		}
		must(t, run.Upload(t.Context(), name, value))
		logged += size
	}
	must(t, run.Flush(t.Context()))
}

// Fifty processes read ten times as much as a cache may hold through that one
// cache, and some of them are killed. COFFER_CACHE_READ is how many bytes they
// read together; the cache is limited to a tenth.
func TestManyProcessesShareOneCache(t *testing.T) {
	total := int64(200 << 20)
	if s := os.Getenv("COFFER_CACHE_READ"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		must(t, err)
		total = n
	}
	const processes = 50
	limit := total / 10
	c := open(t)
	run := start(t, c, "producer")
	mixed(t, run, limit*2)
	run.End(t.Context(), nil)

	dir := t.TempDir()
	var inFlight int64 = processes * 6 * (4 << 20) // what they use and fetch at most: five each, texts of 4 MiB
	var wg sync.WaitGroup
	done := make(chan struct{})
	for i := range processes {
		wg.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(instance.Clean(), readerTask+"="+run.ID, "COFFER_SDK_CACHE="+dir,
				fmt.Sprint("COFFER_SDK_BYTES=", total/processes), fmt.Sprint("COFFER_SDK_LIMIT=", limit),
				"CLEARML_CONFIG_FILE=-", "CLEARML_API_HOST="+keys.API, "CLEARML_FILES_HOST="+keys.Files, "CLEARML_WEB_HOST="+keys.Web,
				"CLEARML_API_ACCESS_KEY="+keys.Access, "CLEARML_API_SECRET_KEY="+keys.Secret)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Error(err)
				return
			}
			var problem strings.Builder
			cmd.Stderr = &problem
			if err := cmd.Start(); err != nil {
				t.Error(err)
				return
			}
			killed := i%10 == 3
			for lines := bufio.NewScanner(out); lines.Scan(); {
				if killed { // in the midst of the next ones
					time.Sleep(time.Duration(i) * time.Millisecond)
					_ = cmd.Process.Kill()
				}
			}
			if err := cmd.Wait(); err != nil && !killed {
				t.Errorf("%v\n%s", err, problem.String())
			}
		})
	}
	go func() {
		wg.Wait()
		close(done)
	}()
	most := int64(0)
	for running := true; running; {
		most = max(most, sizeOf(dir))
		select {
		case <-done:
			running = false
		case <-time.After(200 * time.Millisecond):
		}
	}
	if most > limit+inFlight {
		t.Errorf("the cache held %d bytes, its limit is %d", most, limit)
	}
	// The last word: within the limit, sound, nothing in use, no lock held.
	last, err := cache.Open(cache.Config{Dir: filepath.Join(dir, "coffer"), MaxBytes: limit, MinFree: -1})
	must(t, err)
	defer func() { must(t, last.Close()) }()
	u, err := last.Usage()
	must(t, err)
	sound, spoiled, err := last.Verify(t.Context())
	must(t, err)
	if u.InUse != 0 || u.Entries == 0 || sound != u.Entries || len(spoiled) != 0 {
		t.Errorf("%+v, %d sound, spoiled %v", u, sound, spoiled)
	}
	e, err := last.File(t.Context(), cache.Key{Address: "x", Name: "x"}, 1, func(_ context.Context, w io.Writer) error {
		_, err := w.Write([]byte("x"))
		return err
	})
	must(t, err)
	e.Release()
	if u, err = last.Usage(); err != nil || u.Bytes > limit {
		t.Errorf("at the end it holds %d bytes of %d, error %v", u.Bytes, limit, err)
	}
	locks, err := filepath.Glob(filepath.Join(dir, "coffer", "s", "*"))
	must(t, err)
	for _, path := range append(locks, filepath.Join(dir, "coffer", "lock")) {
		l := flock.New(path)
		if free, err := l.TryLock(); err != nil || !free {
			t.Errorf("%s is still locked, error %v", path, err)
		}
		_ = l.Close()
	}
	if left, err := os.ReadDir(filepath.Join(dir, "coffer", "t")); err != nil || len(left) != 0 {
		t.Errorf("left %v, error %v", left, err)
	}
	t.Logf("%d bytes read, at most %d in the cache of %d", total, most, limit)
}

// sizeOf is how many bytes of content a folder holds.
func sizeOf(dir string) (size int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // removed meanwhile
		}
		if info, err := d.Info(); err == nil {
			size += info.Size()
		}
		return nil
	})
	return size
}
