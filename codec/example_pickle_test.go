package codec_test

import (
	"bytes"
	"errors"
	"fmt"
	"log"

	"github.com/coffer-ml/coffer/codec"
)

// Plain values travel as pickles, with the types that Python has for them.
func ExamplePickle() {
	var file bytes.Buffer
	rec, err := codec.Write(&file, codec.Pickle{}, "best", codec.Tuple{1, 0.5, []string{"a", "b"}, nil})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rec.File, rec.Preview)

	v, err := codec.Decode(bytes.NewReader(file.Bytes()), rec.Size, rec, codec.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%T %v\n", v, v)
	// Output:
	// best.pkl (1, 0.5, ['a', 'b'], None)
	// codec.Tuple [1 0.5 [a b] <nil>]
}

// A pickle is read as data and never run: what only code could build is refused
// by name.
func ExamplePickle_unsafe() {
	pickle := []byte("cos\nsystem\n(S'rm -rf /'\ntR.")
	rec := codec.Record{Type: codec.TypePickle}
	_, err := codec.Decode(bytes.NewReader(pickle), int64(len(pickle)), rec, codec.Limits{})
	fmt.Println(errors.Is(err, codec.ErrUnsafe), err)
	// Output: true unsafe: an object of os.system, which only its code can build
}

// A listing shows people what is in a pickle that cannot be read.
func ExamplePickleListing() {
	pickle := []byte("cos\nsystem\n(S'rm -rf /'\ntR.")
	list, err := codec.PickleListing(bytes.NewReader(pickle), int64(len(pickle)), 3)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("imports", list.Imports)
	for _, op := range list.Ops {
		fmt.Printf("%2d %-6s %q\n", op.Offset, op.Name, op.Arg)
	}
	// Output:
	// imports [os.system]
	//  0 GLOBAL "os system"
	// 11 MARK   ""
	// 12 STRING "\"'rm -rf /'\""
}

// A record is what the Python SDK would have kept of the same value.
func ExampleRecord() {
	var file bytes.Buffer
	rec, err := codec.Write(&file, codec.YAML{}, "settings", map[string]any{"rate": 0.1, "layers": []int{64, 32}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rec.Type, rec.ContentType, rec.File, rec.Size, rec.Hash[:8])
	fmt.Print(rec.Preview)
	// Output:
	// dict application/yaml settings.yaml 28 8560b400
	// layers:
	// - 64
	// - 32
	// rate: 0.1
}
