package reader

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A frame, on the link between node and child in both directions:
//
//	4 bytes   length of the header, big-endian
//	header    one JSON object; its key "bytes" lists the lengths of what follows
//	pieces    a picture, or one picture of each plate found
//
// The node begins with a setup, which the child answers with a greeting; then each job is
// answered by one answer.
const (
	maxHeader = 4 << 20
	// MaxPicture is the largest picture that is read, in bytes.
	MaxPicture = 32 << 20
	maxPieces  = 64
)

// header is what stands in front of every frame; the other keys are the message's own.
type header struct {
	Bytes []int `json:"bytes,omitempty"`
}

// setup is what the node asks for before the first job.
type setup struct {
	Dir    string `json:"dir,omitempty"`    // of the models; "" is the engine's own choice
	Memory int64  `json:"memory,omitempty"` // bytes of data that the child may have; 0 is no limit
}

// greeting says that the child has loaded its networks, or why it cannot read.
type greeting struct {
	Ready bool   `json:"ready"`
	Error string `json:"error,omitempty"`
	// Absent says that no start of this program will mend it: it was built without a reader.
	Absent bool `json:"absent,omitempty"`
}

// FrameError says that what came over the link is no frame.
type FrameError struct{ Reason string }

// Error implements error.
func (e *FrameError) Error() string { return "frame of the second reader: " + e.Reason }

// appendFrame appends a frame of v and its pieces to dst.
func appendFrame(dst []byte, v any, pieces ...[]byte) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return dst, err
	}
	if len(pieces) > maxPieces {
		return dst, &FrameError{fmt.Sprintf("%d pieces, at most %d are taken", len(pieces), maxPieces)}
	}
	var sizes header
	for _, p := range pieces {
		sizes.Bytes = append(sizes.Bytes, len(p))
	}
	if len(pieces) > 0 { // put in front of the message's own keys
		list, err := json.Marshal(sizes)
		if err != nil {
			return dst, err
		}
		list = list[:len(list)-1]
		if string(text) != "{}" {
			list = append(list, ',')
		}
		text = append(list, text[1:]...)
	}
	if len(text) > maxHeader {
		return dst, &FrameError{fmt.Sprintf("header of %d bytes, at most %d are taken", len(text), maxHeader)}
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(text)))
	dst = append(dst, text...)
	for _, p := range pieces {
		dst = append(dst, p...)
	}
	return dst, nil
}

// readFrame reads one frame into v and gives its pieces. io.EOF is the end of the link
// between two frames; what is announced is bounded before it is made room for.
func readFrame(r io.Reader, v any) ([][]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, &FrameError{"cut off in its length"}
		}
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > maxHeader {
		return nil, &FrameError{fmt.Sprintf("header of %d bytes, at most %d are taken", n, maxHeader)}
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, cut(err, "header")
	}
	var h header
	err := json.Unmarshal(text, &h)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		return nil, &FrameError{"header: " + err.Error()}
	}
	if len(h.Bytes) > maxPieces {
		return nil, &FrameError{fmt.Sprintf("%d pieces, at most %d are taken", len(h.Bytes), maxPieces)}
	}
	left := MaxPicture
	for _, n := range h.Bytes {
		if n < 0 || n > left {
			return nil, &FrameError{fmt.Sprintf("pieces of %v bytes, at most %d are taken", h.Bytes, MaxPicture)}
		}
		left -= n
	}
	pieces := make([][]byte, len(h.Bytes))
	for i, n := range h.Bytes {
		pieces[i] = make([]byte, n)
		if _, err := io.ReadFull(r, pieces[i]); err != nil {
			return nil, cut(err, "picture")
		}
	}
	return pieces, nil
}

// cut tells an end inside a frame from other failures of the link.
func cut(err error, where string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &FrameError{"cut off in its " + where}
	}
	return err
}

// appendJob appends the frame of a job.
func appendJob(dst []byte, j *Job) ([]byte, error) {
	if len(j.Picture) > MaxPicture {
		return dst, fmt.Errorf("picture of %d bytes, at most %d are read", len(j.Picture), MaxPicture)
	}
	return appendFrame(dst, j, j.Picture)
}

// takeJob is the other side of appendJob.
func takeJob(r io.Reader) (*Job, error) {
	var j Job
	pieces, err := readFrame(r, &j)
	if err != nil {
		return nil, err
	}
	if len(pieces) != 1 {
		return nil, &FrameError{fmt.Sprintf("job with %d pictures", len(pieces))}
	}
	j.Picture = pieces[0]
	return &j, nil
}

// appendAnswer appends the frame of an answer: a piece for each plate, empty where it has
// no picture of its own. The likeliest plates are kept where there are too many.
func appendAnswer(dst []byte, a Answer) ([]byte, error) {
	a.Plates = a.Plates[:min(len(a.Plates), maxPieces)]
	pieces, left := make([][]byte, len(a.Plates)), MaxPicture
	for i := range a.Plates {
		if crop := a.Plates[i].Crop; len(crop) <= left {
			pieces[i] = crop
			left -= len(crop)
		}
	}
	return appendFrame(dst, a, pieces...)
}

// takeAnswer is the other side of appendAnswer.
func takeAnswer(r io.Reader) (Answer, error) {
	var a Answer
	pieces, err := readFrame(r, &a)
	if err != nil {
		return Answer{}, err
	}
	if len(pieces) != len(a.Plates) {
		return Answer{}, &FrameError{fmt.Sprintf("answer with %d plates and %d pictures", len(a.Plates), len(pieces))}
	}
	for i := range pieces {
		if len(pieces[i]) > 0 {
			a.Plates[i].Crop = pieces[i]
		}
	}
	return a, nil
}
