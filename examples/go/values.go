package main

import (
	"image"
	"image/color"
)

// The same values as in examples/python/values.py.

const (
	address = "https://example.org/data/training-set.csv"
	note    = "Two lines of text,\nwith äöü, 日本語 and a 🗝."
	weights = "layer,weight\nfirst,0.5\nsecond,-1.25\n"
)

type optimizer struct {
	Name     string `json:"name"`
	Nesterov bool   `json:"nesterov"`
}

type settings struct {
	LearningRate float64   `json:"learning_rate"`
	Layers       []int     `json:"layers"`
	Optimizer    optimizer `json:"optimizer"`
	Owner        string    `json:"owner"`
}

func theSettings() settings {
	return settings{LearningRate: 0.25, Layers: []int{64, 32}, Optimizer: optimizer{Name: "adam"}, Owner: "Zoë"}
}

// theArray is 3 x 4: 0, 0.5, 1, ...
func theArray() array {
	a := array{Shape: []int{3, 4}}
	for i := range 12 {
		a.Values = append(a.Values, float64(i)/2)
	}
	return a
}

// theFrame is the DataFrame of the Python example as rows of text.
func theFrame() [][]string {
	return [][]string{
		{"number", "half", "word"},
		{"0", "0.0", "w0"},
		{"1", "0.5", "w1"},
		{"2", "1.0", "w2"},
		{"3", "1.5", "w3"},
	}
}

// thePicture is a gradient of 16 x 12 pixels.
func thePicture() image.Image {
	picture := image.NewRGBA(image.Rect(0, 0, 16, 12))
	for y := range 12 {
		for x := range 16 {
			picture.Set(x, y, color.RGBA{R: uint8(x * 16), G: uint8(y * 20), B: 128, A: 255})
		}
	}
	return picture
}

func theFolder() map[string]string {
	bytes := make([]byte, 256)
	for i := range bytes {
		bytes[i] = byte(i)
	}
	return map[string]string{
		"readme.txt":      "Four files on two levels.\n",
		"classes.csv":     "id,name\n0,cat\n1,dog\n",
		"masks/first.bin": string(bytes),
		"masks/notes.txt": "One byte per pixel.\n",
	}
}
