// Package anprtest feeds bad input to a driver of cameras that push over HTTP: cut and
// false messages, pictures that are none or would fill the memory, forged and repeated
// events, slow senders and crowds. A driver joins with one call of Run; what its messages
// look like is a Sender.
//
// Each case holds the driver to the same: the fault is reported with what and where, what
// can be read of the event is read, nothing is handed on of what may not push, and the next
// good event on a fresh connection is read.
package anprtest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"acsgd/devices"
)

// Sender says how the messages of a driver look.
type Sender struct {
	Driver devices.Driver
	// Path is where the driver's device pushes to.
	Path string
	// Wrap gives the content type of an event and what stands before and after its picture,
	// of which size bytes will come as they are sent. id is the identity of the vehicle.
	Wrap func(id, plate string, size int) (contentType, before, after string)
	// Base64 says that pictures stand in the text, in base64.
	Base64 bool
	// Whole says that an event whose body is cut inside the picture cannot be read at all,
	// as with a document that holds the picture.
	Whole bool
}

// event is one message.
type event struct {
	contentType, before, after string
	picture                    []byte // as sent
}

func (s Sender) event(id, plate string, picture []byte) event {
	if s.Base64 {
		picture = []byte(base64.StdEncoding.EncodeToString(picture))
	}
	e := event{picture: picture}
	e.contentType, e.before, e.after = s.Wrap(id, plate, len(picture))
	return e
}

func (e event) body() []byte {
	return bytes.Join([][]byte{[]byte(e.before), e.picture, []byte(e.after)}, nil)
}

// request is the message as a request; a length below zero is the true one.
func (s Sender) request(e event, length int, headers ...string) []byte {
	body := e.body()
	if length < 0 {
		length = len(body)
	}
	return append(s.head(e.contentType, fmt.Sprintf("Content-Length: %d", length), headers...), body...)
}

func (s Sender) head(contentType, length string, headers ...string) []byte {
	lines := append([]string{"POST " + s.Path + " HTTP/1.1", "Host: 127.0.0.1", "Content-Type: " + contentType, length}, headers...)
	return []byte(strings.Join(lines, "\r\n") + "\r\n\r\n")
}

// Run runs a driver through all cases.
func Run(t *testing.T, s Sender) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(*testing.T, Sender)
	}{
		{"a good event is read with its picture", good},
		{"the connection ends inside an event", broken},
		{"a body that is cut off", cut},
		{"a content length that is too long", tooLong},
		{"a content length that is too short", tooShort},
		{"a picture of 200 MB", huge},
		{"a picture of 200 MB in chunks", hugeChunked},
		{"a picture larger than is taken", oversized},
		{"pictures that claim 60000 x 60000 pixels", bombs},
		{"pictures that are none", noPictures},
		{"an event that comes again", replayed},
		{"an address that is not allowed", foreign},
		{"logins that are wrong", logins},
		{"garbage", garbage},
		{"half requests", half},
		{"slow senders", slow},
		{"a hundred connections at once", crowd},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, s) })
	}
}

// JPEG is the header of a picture with some data behind it, so that it is size bytes long.
func JPEG(width, height, size int) []byte {
	p := []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0\x00\x11\x08" +
		string([]byte{byte(height >> 8), byte(height), byte(width >> 8), byte(width)}) + "\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xda")
	return append(p, bytes.Repeat([]byte{0x55}, max(0, size-len(p)))...)
}

// PNG is the header of a picture with some data behind it, so that it is size bytes long.
func PNG(width, height, size int) []byte {
	p := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" +
		string([]byte{byte(width >> 24), byte(width >> 16), byte(width >> 8), byte(width), byte(height >> 24), byte(height >> 16), byte(height >> 8), byte(height)}) +
		"\x08\x02\x00\x00\x00")
	return append(p, make([]byte, max(0, size-len(p)))...)
}
