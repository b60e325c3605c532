package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image/png"
	"io"
	"reflect"
	"strconv"
)

func same(got, want any) error {
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("got %v, expected %v", got, want)
	}
	return nil
}

func compareArray(content []byte) error {
	got, err := decodeNPZ("array", content)
	if err != nil {
		return err
	}
	return same(got, theArray())
}

func compareArrayCSV(content []byte) error {
	rows, err := readCSV(content)
	if err != nil {
		return err
	}
	got := array{Shape: []int{len(rows), len(rows[0])}}
	for _, row := range rows {
		for _, text := range row {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return err
			}
			got.Values = append(got.Values, value)
		}
	}
	return same(got, theArray())
}

func comparePicture(content []byte) error {
	got, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		return err
	}
	want := thePicture()
	if got.Bounds() != want.Bounds() {
		return fmt.Errorf("got a picture of %v, expected %v", got.Bounds(), want.Bounds())
	}
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			gr, gg, gb, ga := got.At(x, y).RGBA()
			wr, wg, wb, wa := want.At(x, y).RGBA()
			if gr != wr || gg != wg || gb != wb || ga != wa {
				return fmt.Errorf("pixel %d,%d is %v, expected %v", x, y, got.At(x, y), want.At(x, y))
			}
		}
	}
	return nil
}

// compareZip expects exactly the named files of folder in the archive, or all
// of them if none is named.
func compareZip(content []byte, folder map[string]string, names ...string) error {
	want := folder
	if len(names) > 0 {
		want = map[string]string{}
		for _, name := range names {
			want[name] = folder[name]
		}
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return err
	}
	got := map[string]string{}
	for _, file := range archive.File {
		member, err := file.Open()
		if err != nil {
			return err
		}
		text, err := io.ReadAll(member)
		if err != nil {
			return err
		}
		if err := member.Close(); err != nil {
			return err
		}
		got[file.Name] = string(text)
	}
	return same(got, want)
}
