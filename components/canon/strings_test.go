package canon_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/canon/canontest"
)

type allocator struct{ *canontest.Instance }

func (a allocator) Bytes() []byte { return a.Memory() }
func (a allocator) Realloc(old, oldSize, align, newSize uint32) (uint32, error) {
	return a.Instance.Realloc(old, oldSize, align, newSize)
}

var encodings = []canon.Encoding{canon.UTF8, canon.UTF16, canon.Latin1UTF16}

// stringInstance has data at address 2, so that odd alignments can be asked for.
func stringInstance(enc canon.Encoding, data []byte) *canontest.Instance {
	in := canontest.NewInstance("s", enc, canontest.SliceMemory(max(len(data)+2, 4096)))
	copy(in.Memory()[2:], data)
	in.MayLeave = false
	return in
}

// checkTransfer compares TransferString, LoadString and StoreString with the
// literal form of the specification, for one pointer and length.
func checkTransfer(t *testing.T, data []byte, ptr, tagged uint32) {
	t.Helper()
	for _, srcEnc := range encodings {
		src := stringInstance(srcEnc, data)
		for _, dstEnc := range encodings {
			want, have := stringInstance(dstEnc, nil), stringInstance(dstEnc, nil)
			p, n, err := canontest.TransferString(src, want, ptr, tagged)
			q, m, err2 := canon.TransferString(allocator{have}, dstEnc, src.Memory(), srcEnc, ptr, tagged)
			if (err == nil) != (err2 == nil) || err == nil && (p != q || n != m) || err != nil && err != err2 && len(want.Log) == 0 {
				t.Fatalf("%d to %d, %d units of %x: (%d, %#x) %v, want (%d, %#x) %v", srcEnc, dstEnc, tagged, data, q, m, err2, p, n, err)
			}
			if err == nil && (!slices.Equal(want.Log, have.Log) || !bytes.Equal(want.Memory(), have.Memory())) {
				t.Fatalf("%d to %d, %x: calls %v and memory, want %v", srcEnc, dstEnc, data, have.Log, want.Log)
			}
			if err != nil {
				continue
			}
			back, err := canon.LoadString(have.Memory(), dstEnc, q, m)
			there, err2 := canontest.LoadText(src, ptr, tagged)
			if err != nil || err2 != nil || back != there {
				t.Fatalf("%d to %d: %q became %q (%v, %v)", srcEnc, dstEnc, there, back, err, err2)
			}
			checkStore(t, dstEnc, there)
		}
	}
}

func checkStore(t *testing.T, enc canon.Encoding, s string) {
	t.Helper()
	want, have := stringInstance(enc, nil), stringInstance(enc, nil)
	p, n, err := canontest.StoreText(want, s)
	q, m, err2 := canon.StoreString(allocator{have}, enc, s)
	if (err == nil) != (err2 == nil) || err == nil && (p != q || n != m || !slices.Equal(want.Log, have.Log) || !bytes.Equal(want.Memory(), have.Memory())) {
		t.Fatalf("storing %q: (%d, %#x) %v, want (%d, %#x) %v", s, q, m, err2, p, n, err)
	}
}

func utf16le(s string) []byte {
	var b []byte
	for _, r := range s {
		if r >= 0x10000 {
			r -= 0x10000
			hi, lo := 0xd800+r>>10, 0xdc00+r&0x3ff
			b = append(b, byte(hi), byte(hi>>8), byte(lo), byte(lo>>8))
		} else {
			b = append(b, byte(r), byte(r>>8))
		}
	}
	return b
}

func TestTransferString(t *testing.T) {
	long := strings.Repeat("sixteen letters.", 9)
	for _, s := range []string{"", "a", "ab\x00", long, long + "é", "é" + long, long + "ÿĀ", long + "語" + long, "a😀b", long + "😀", "\u007f\u0080\u00ff\u0100\ud7ff\ue000\uffff\U00010000\U0010ffff"} {
		for cut := range min(len(s)+1, 20) { // all positions in a word of eight
			if cut > 0 && s[:cut] != strings.ToValidUTF8(s[:cut], "") {
				continue
			}
			text := s[cut*len(s)/20:]
			text = strings.ToValidUTF8(text, "")
			checkTransfer(t, []byte(text), 2, uint32(len(text)))
			wide := utf16le(text)
			checkTransfer(t, wide, 2, uint32(len(wide)/2))
			checkTransfer(t, wide, 2, uint32(len(wide)/2)|canon.UTF16Tag)
		}
	}
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	checkTransfer(t, all, 2, 256)
	checkTransfer(t, all, 3, 4) // unaligned
	checkTransfer(t, all, 4000, 97)
	for _, n := range []uint32{canon.MaxStringByteLength / 2, canon.MaxStringByteLength/2 + 1, canon.MaxStringByteLength, canon.MaxStringByteLength + 1, ^uint32(0)} {
		checkTransfer(t, all, 2, n)
	}
	for _, bad := range []string{"\xd8\x00", "\x00\xd8", "\x00\xdc", "\x00\xd8\x00\xd8", "\x00\xdc\x00\xd8", "a\x00b\x00c\x00\x00\xd8", "\x00\xd8a\x00"} {
		checkTransfer(t, []byte(bad), 2, uint32(len(bad)/2))
		checkTransfer(t, []byte(bad), 2, uint32(len(bad)/2)|canon.UTF16Tag)
	}
}

func FuzzTransferString(f *testing.F) {
	f.Add([]byte("plain"), uint32(2), uint32(5))
	f.Add([]byte("gr\xc3\xbc\xc3\x9fe"), uint32(2), uint32(8))
	f.Add(utf16le("語😀"), uint32(2), uint32(3|canon.UTF16Tag))
	f.Fuzz(func(t *testing.T, data []byte, ptr, tagged uint32) {
		if len(data) > 1000 { // results fit the memory that they go to
			return
		}
		if n := uint32(len(data)); tagged&^canon.UTF16Tag > n {
			tagged = tagged&canon.UTF16Tag | tagged%(n+1)
		}
		checkTransfer(t, data, ptr%8, tagged)
	})
}

func TestStringErrors(t *testing.T) {
	in := stringInstance(canon.UTF8, nil)
	if _, _, err := canon.StoreString(allocator{in}, canon.UTF8, "\xff"); err != canon.TrapInvalidUTF8 {
		t.Errorf("a Go string that is no text: %v", err)
	}
	if _, _, err := canon.StoreString(allocator{in}, canon.UTF16, strings.Repeat("x", 4097)); err == nil {
		t.Error("a string that does not fit was stored")
	}
	if err := canon.CheckUTF8([]byte("a\xc0\x80")); err != canon.TrapInvalidUTF8 {
		t.Errorf("an overlong form: %v", err)
	}
	unaligned := reallocator{in, func(uint32) uint32 { return 1 }}
	var at *canon.AllocationError
	if _, _, err := canon.StoreString(unaligned, canon.UTF16, "x"); !errors.Is(err, canon.TrapUnaligned) || !errors.As(err, &at) {
		t.Errorf("an unaligned allocation: %v", err)
	}
	outside := reallocator{in, func(n uint32) uint32 { return 4096 - n + 1 }}
	if _, _, err := canon.StoreString(outside, canon.UTF8, "x"); !errors.Is(err, canon.TrapOutOfBounds) || !errors.As(err, &at) {
		t.Errorf("an allocation out of bounds: %v", err)
	}
	// What is wrong with the string itself is not the allocation's fault.
	if _, _, err := canon.TransferString(allocator{in}, canon.UTF8, []byte("abc"), canon.UTF8, 1, 3); err != canon.TrapOutOfBounds {
		t.Errorf("a string out of bounds: %v", err)
	}
}

// reallocator answers whatever it likes.
type reallocator struct {
	*canontest.Instance
	answer func(size uint32) uint32
}

func (r reallocator) Bytes() []byte { return r.Memory() }
func (r reallocator) Realloc(_, _, _, newSize uint32) (uint32, error) {
	return r.answer(newSize), nil
}

func BenchmarkTransferString(b *testing.B) {
	text := []byte(strings.Repeat("sixteen letters.", 64))
	src := stringInstance(canon.UTF8, text)
	mem := canontest.SliceMemory(1 << 16)()
	dst := fixed{mem}
	for name, enc := range map[string]canon.Encoding{"utf8": canon.UTF8, "utf16": canon.UTF16, "latin1+utf16": canon.Latin1UTF16} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for range b.N {
				if _, _, err := canon.TransferString(dst, enc, src.Memory(), canon.UTF8, 2, uint32(len(text))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

type fixed struct{ mem []byte }

func (f fixed) Bytes() []byte                             { return f.mem }
func (f fixed) Realloc(_, _, _, _ uint32) (uint32, error) { return 4096, nil }
