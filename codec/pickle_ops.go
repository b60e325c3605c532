package codec

// pickleOp describes an opcode: its name in Python's pickletools, and what
// follows it.
type pickleOp struct {
	name string
	arg  pickleArg
}

// pickleArg is the form of an opcode's argument.
type pickleArg uint8

const (
	argNone   pickleArg = iota
	argByte             // one byte, unsigned
	argUint16           // little-endian
	argInt32            // little-endian, signed
	argUint32           // little-endian
	argUint64           // little-endian
	argFloat            // eight bytes, big-endian
	argLine             // up to a line end
	argLines            // two lines
	argBytes1           // a length of one byte and so many bytes
	argBytes4           // a length of four bytes, signed
	argBytes8           // a length of eight bytes
	argText1            // as argBytes1, UTF-8
	argText4
	argText8
	argLong1 // as argBytes1, a two's complement number
	argLong4
)

// pickleOps are all opcodes of the protocols 0 to 5, as the documentation of
// pickletools lists them.
var pickleOps = map[byte]pickleOp{
	'(': {"MARK", argNone}, '.': {"STOP", argNone}, '0': {"POP", argNone}, '1': {"POP_MARK", argNone},
	'2': {"DUP", argNone}, 'F': {"FLOAT", argLine}, 'I': {"INT", argLine}, 'J': {"BININT", argInt32},
	'K': {"BININT1", argByte}, 'L': {"LONG", argLine}, 'M': {"BININT2", argUint16}, 'N': {"NONE", argNone},
	'P': {"PERSID", argLine}, 'Q': {"BINPERSID", argNone}, 'R': {"REDUCE", argNone}, 'S': {"STRING", argLine},
	'T': {"BINSTRING", argBytes4}, 'U': {"SHORT_BINSTRING", argBytes1}, 'V': {"UNICODE", argLine},
	'X': {"BINUNICODE", argText4}, 'a': {"APPEND", argNone}, 'b': {"BUILD", argNone}, 'c': {"GLOBAL", argLines},
	'd': {"DICT", argNone}, '}': {"EMPTY_DICT", argNone}, 'e': {"APPENDS", argNone}, 'g': {"GET", argLine},
	'h': {"BINGET", argByte}, 'i': {"INST", argLines}, 'j': {"LONG_BINGET", argUint32}, 'l': {"LIST", argNone},
	']': {"EMPTY_LIST", argNone}, 'o': {"OBJ", argNone}, 'p': {"PUT", argLine}, 'q': {"BINPUT", argByte},
	'r': {"LONG_BINPUT", argUint32}, 's': {"SETITEM", argNone}, 't': {"TUPLE", argNone}, ')': {"EMPTY_TUPLE", argNone},
	'u': {"SETITEMS", argNone}, 'G': {"BINFLOAT", argFloat}, '\x80': {"PROTO", argByte}, '\x81': {"NEWOBJ", argNone},
	'\x82': {"EXT1", argByte}, '\x83': {"EXT2", argUint16}, '\x84': {"EXT4", argInt32}, '\x85': {"TUPLE1", argNone},
	'\x86': {"TUPLE2", argNone}, '\x87': {"TUPLE3", argNone}, '\x88': {"NEWTRUE", argNone}, '\x89': {"NEWFALSE", argNone},
	'\x8a': {"LONG1", argLong1}, '\x8b': {"LONG4", argLong4}, 'B': {"BINBYTES", argBytes4}, 'C': {"SHORT_BINBYTES", argBytes1},
	'\x8c': {"SHORT_BINUNICODE", argText1}, '\x8d': {"BINUNICODE8", argText8}, '\x8e': {"BINBYTES8", argBytes8},
	'\x8f': {"EMPTY_SET", argNone}, '\x90': {"ADDITEMS", argNone}, '\x91': {"FROZENSET", argNone},
	'\x92': {"NEWOBJ_EX", argNone}, '\x93': {"STACK_GLOBAL", argNone}, '\x94': {"MEMOIZE", argNone},
	'\x95': {"FRAME", argUint64}, '\x96': {"BYTEARRAY8", argBytes8}, '\x97': {"NEXT_BUFFER", argNone},
	'\x98': {"READONLY_BUFFER", argNone},
}
