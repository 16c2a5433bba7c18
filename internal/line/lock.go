package line

import "io"

// Lock takes a serial port for this process, as opening a serial: link does, for libraries
// that open the port themselves. The lock ends when it is closed.
func Lock(port string) (io.Closer, error) { return lockPath(port) }
