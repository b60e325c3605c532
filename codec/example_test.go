package codec_test

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/mat"

	"github.com/coffer-ml/coffer/codec"
)

// A matrix becomes a file that numpy.load reads, and back.
func ExampleWrite() {
	m := mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6.5})

	var file bytes.Buffer
	rec, err := codec.Write(&file, codec.NPZ{}, "features", m)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rec.Type, rec.ContentType, rec.File)
	fmt.Println(rec.Preview)

	v, err := codec.Decode(bytes.NewReader(file.Bytes()), rec.Size, rec, codec.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	back, err := codec.As[*mat.Dense](v)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(back.At(1, 2))
	// Output:
	// numpy application/numpy features.npz
	// array([[1. , 2. , 3. ],
	//        [4. , 5. , 6.5]])
	// 6.5
}

// The format that fits a value is the one the Python SDK would choose.
func ExampleCodecs_For() {
	for _, v := range []any{
		map[string]any{"rate": 0.1}, "a text", codec.Array([]int{1, 2}), codec.Dir("checkpoints"), codec.Link("s3://bucket/raw.csv"),
	} {
		c, err := codec.Standard().For(v)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%T\n", c)
	}
	// Output:
	// codec.JSON
	// codec.Text
	// codec.NPZ
	// codec.Zip
	// codec.Reference
}

// A folder travels as one zip file and is extracted safely.
func ExampleArchive_Extract() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	ckpt := filepath.Join(folder, "ckpt")
	if err := os.Mkdir(ckpt, 0o777); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(ckpt, "weights.txt"), []byte("1 2 3"), 0o666); err != nil {
		log.Fatal(err)
	}

	var file bytes.Buffer
	rec, err := codec.Write(&file, codec.Zip{}, "checkpoints", codec.Dir(ckpt))
	if err != nil {
		log.Fatal(err)
	}
	v, err := codec.Decode(bytes.NewReader(file.Bytes()), rec.Size, rec, codec.Limits{Members: 10_000})
	if err != nil {
		log.Fatal(err)
	}
	archive, err := codec.As[*codec.Archive](v)
	if err != nil {
		log.Fatal(err)
	}
	if err := archive.Extract(filepath.Join(folder, "back")); err != nil {
		log.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(folder, "back", "weights.txt"))
	fmt.Println(rec.File, string(b), err)
	// Output: ckpt.zip 1 2 3 <nil>
}

// Structured arrays have a column for each field.
func ExampleStructured() {
	a := codec.Structured([]string{"id", "score"}, codec.Array([]int32{1, 2}), codec.Array([]float64{0.5, -1.25}))
	fmt.Println(a)
	fmt.Println(a.Column("score"))
	// Output:
	// array([(1,  0.5 ), (2, -1.25)], dtype=[('id', '<i4'), ('score', '<f8')])
	// array([ 0.5 , -1.25])
}

// JSON comes back as a map, or as the struct it was.
func ExampleAs() {
	type config struct {
		Rate   float64 `json:"rate"`
		Layers []int   `json:"layers"`
	}
	var file bytes.Buffer
	rec, err := codec.Write(&file, codec.JSON{}, "config", config{Rate: 0.5, Layers: []int{64, 32}})
	if err != nil {
		log.Fatal(err)
	}
	v, err := codec.Decode(bytes.NewReader(file.Bytes()), rec.Size, rec, codec.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	c, err := codec.As[config](v)
	fmt.Println(c, err)
	// Output: {0.5 [64 32]} <nil>
}
