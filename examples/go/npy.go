package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// array is a float64 array of any shape, its values in row order.
type array struct {
	Shape  []int
	Values []float64
}

// An .npz file is a zip of .npy files; the SDK looks for the one named like
// the artifact. An .npy file is a magic number, the version, a text that
// describes the array, and the plain values.
const npyMagic = "\x93NUMPY\x01\x00"

var (
	npyDescr = regexp.MustCompile(`'descr': '<f8'`)
	npyOrder = regexp.MustCompile(`'fortran_order': False`)
	npyShape = regexp.MustCompile(`'shape': \(([\d, ]*)\)`)
)

func decodeNPZ(name string, content []byte) (array, error) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return array{}, err
	}
	member, err := archive.Open(name + ".npy")
	if err != nil {
		return array{}, err
	}
	defer func() { _ = member.Close() }()
	npy, err := io.ReadAll(member)
	if err != nil {
		return array{}, err
	}
	values, ok := bytes.CutPrefix(npy, []byte(npyMagic))
	if !ok || len(values) < 2 {
		return array{}, fmt.Errorf("%s.npy is no version 1 .npy file", name)
	}
	length := int(binary.LittleEndian.Uint16(values))
	if len(values) < 2+length {
		return array{}, fmt.Errorf("%s.npy ends early", name)
	}
	text, values := string(values[2:2+length]), values[2+length:]
	shape := npyShape.FindStringSubmatch(text)
	if !npyDescr.MatchString(text) || !npyOrder.MatchString(text) || shape == nil {
		return array{}, fmt.Errorf("%s.npy is no float64 array in row order: %s", name, text)
	}
	var a array
	for n := range strings.SplitSeq(shape[1], ",") {
		if n = strings.TrimSpace(n); n != "" {
			size, err := strconv.Atoi(n)
			if err != nil {
				return array{}, err
			}
			a.Shape = append(a.Shape, size)
		}
	}
	a.Values = make([]float64, len(values)/8)
	return a, binary.Read(bytes.NewReader(values), binary.LittleEndian, a.Values)
}
