//go:build gocv

package vision

import (
	"fmt"
	"os"
	"path/filepath"

	ort "github.com/yalue/onnxruntime_go"
)

// The files of PP-OCRv4, see internal/build/ocr.sh.
const (
	runtimeFile = "libonnxruntime.so.1"
	finderFile  = "ppocr_det.onnx"
	readerFile  = "ppocr_rec.onnx"
	keysFile    = "ppocr_keys.txt"
)

// net is one network run by onnxruntime, with one input and one output.
type net struct {
	session *ort.DynamicAdvancedSession
	in      []ort.Value
	out     []ort.Value
}

// startRuntime loads onnxruntime once in the process.
func startRuntime(dir string) error {
	if ort.IsInitialized() {
		return nil
	}
	path := filepath.Join(dir, runtimeFile)
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("onnxruntime: %w", err)
	}
	ort.SetSharedLibraryPath(path)
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return fmt.Errorf("onnxruntime %s: %w", path, err)
	}
	return nil
}

func openNet(path string) (*net, error) {
	fail := func(err error) (*net, error) { return nil, fmt.Errorf("network %s: %w", path, err) }
	in, out, err := ort.GetInputOutputInfo(path)
	if err != nil {
		return fail(err)
	}
	if len(in) != 1 || len(out) != 1 {
		return fail(fmt.Errorf("%d inputs and %d outputs, want one of each", len(in), len(out)))
	}
	o, err := ort.NewSessionOptions()
	if err != nil {
		return fail(err)
	}
	defer o.Destroy()
	// One core: a lane's pictures must not take the machine from its instruments.
	if err := o.SetIntraOpNumThreads(1); err != nil {
		return fail(err)
	}
	if err := o.SetInterOpNumThreads(1); err != nil {
		return fail(err)
	}
	s, err := ort.NewDynamicAdvancedSession(path, []string{in[0].Name}, []string{out[0].Name}, o)
	if err != nil {
		return fail(err)
	}
	return &net{session: s, in: make([]ort.Value, 1), out: make([]ort.Value, 1)}, nil
}

// run computes the output of the network for data of the given shape.
func (n *net) run(data []float32, shape ...int64) (out []float32, dims []int64, err error) {
	t, err := ort.NewTensor(ort.NewShape(shape...), data)
	if err != nil {
		return nil, nil, err
	}
	defer t.Destroy()
	n.in[0], n.out[0] = t, nil
	if err := n.session.Run(n.in, n.out); err != nil {
		return nil, nil, err
	}
	defer n.out[0].Destroy()
	r, ok := n.out[0].(*ort.Tensor[float32])
	if !ok {
		return nil, nil, fmt.Errorf("the network's output is no tensor of float32")
	}
	return append([]float32(nil), r.GetData()...), r.GetShape(), nil
}

func (n *net) close() error { return n.session.Destroy() }
