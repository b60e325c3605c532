package main

// What a reading process says of an artifact.
const (
	equal     = "equal"   // the value is the value logged
	sameBytes = "bytes"   // the bytes are those logged; this side has no reader for the format
	empty     = "empty"   // the SDK gives nothing for an empty file, and nothing was logged
	address   = "address" // an address was recorded, no bytes
)

// expectation is what the two reading processes must say of an artifact.
type expectation struct{ name, python, golang string }

func loggedByPython() []expectation {
	return []expectation{
		{"array", equal, equal},
		{"structured array", equal, sameBytes},
		{"array as csv", equal, equal},
		{"frame", equal, equal},
		{"frame as parquet", equal, sameBytes},
		{"frame as feather", equal, sameBytes},
		{"frame as pickle", equal, sameBytes},
		{"frame with two indexes", equal, sameBytes},
		{"registered frame", equal, equal},
		{"picture", equal, equal},
		{"picture as jpg", equal, sameBytes},
		{"settings", equal, equal},
		{"settings as yaml", equal, sameBytes},
		{"note", equal, equal},
		{"own format", equal, equal},
		{"file", equal, equal},
		{"empty file", empty, equal},
		{"folder", equal, equal},
		{"wildcard", equal, equal},
		{"list of files", equal, equal},
		{"object", equal, sameBytes},
		{"nothing", equal, sameBytes},
		{"address", address, address},
	}
}

func loggedByGo() []expectation {
	return []expectation{
		{"array", equal, equal},
		{"picture", equal, equal},
		{"settings", equal, equal},
		{"note", equal, equal},
		{"file", equal, equal},
		{"folder", equal, equal},
	}
}
