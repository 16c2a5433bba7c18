// Package vision reads number plates in pictures: it finds the plates, straightens them,
// recognises their characters and decodes them with the shapes of national plates
// (devices/anpr/ctc). Two engines exist: PP-OCRv4 (PaddleOCR's mobile models, run by
// onnxruntime) and networks of our own, trained on synthetic plates alone (vision/train),
// which OpenCV runs.
//
// The package needs cgo, OpenCV 4.6 and the build tag gocv. A fault inside OpenCV or
// onnxruntime ends the process, so nothing but the child process of devices/anpr/reader
// runs it.
package vision
