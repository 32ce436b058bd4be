package arizetest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// NewTransport returns a RoundTripper that hands requests to a handler without a socket, so that clients work in a
// testing/synctest bubble. As over a socket, the handler sees the request as it was written, its context ends when the
// client gives up, it may outlive the client, and a panic with http.ErrAbortHandler closes the connection.
func NewTransport(handler http.Handler) http.RoundTripper { return transport{handler} }

type transport struct{ handler http.Handler }

// RoundTrip runs the handler in a goroutine of its own, which ends when the handler returns.
func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(request.Context())
	received, err := asReceived(ctx, request)
	if err != nil {
		cancel()
		return nil, err
	}
	w := &streamWriter{header: http.Header{}, request: request, ready: make(chan *http.Response, 1), body: newStream()}
	// Whatever ends the context, a client that gives up or closes the body, also ends the handler's writing.
	context.AfterFunc(ctx, func() { w.body.refuse(context.Cause(ctx)) })
	failed := make(chan error, 1)
	go func() {
		err := w.serve(t.handler, received)
		failed <- errors.Join(err, received.Body.Close())
	}()
	select {
	case response := <-w.ready:
		return w.closing(cancel, response), nil
	case err := <-failed: // over; the response, if any, is there already
		select {
		case response := <-w.ready:
			return w.closing(cancel, response), nil
		default:
			cancel()
			return nil, err
		}
	case <-ctx.Done():
		cancel()
		return nil, ctx.Err()
	}
}

// asReceived is the request as a server would have parsed it.
func asReceived(ctx context.Context, sent *http.Request) (*http.Request, error) {
	uri := sent.URL.RequestURI()
	target, err := url.ParseRequestURI(uri)
	if err != nil {
		return nil, err
	}
	received := sent.Clone(ctx)
	received.URL, received.RequestURI = target, uri
	received.RemoteAddr = "192.0.2.1:1234" // TEST-NET-1
	if received.Host == "" {
		received.Host = sent.URL.Host
	}
	if received.Body == nil {
		received.Body = http.NoBody
	}
	return received, nil
}

// streamWriter is a ResponseWriter whose body streams to the client.
type streamWriter struct {
	header  http.Header
	request *http.Request
	ready   chan *http.Response
	body    *stream
	started bool
}

// serve runs the handler; its error says that there will be no response.
func (w *streamWriter) serve(handler http.Handler, received *http.Request) (err error) {
	defer func() {
		switch reason := recover(); reason {
		case nil:
			w.WriteHeader(http.StatusOK) // if nothing was written
			w.body.end(io.EOF)
		case http.ErrAbortHandler:
			err = io.ErrUnexpectedEOF
			w.body.end(err)
		default:
			panic(reason)
		}
	}()
	handler.ServeHTTP(w, received)
	return nil
}

// closing ends the handler's context when the body is closed.
func (w *streamWriter) closing(cancel context.CancelFunc, response *http.Response) *http.Response {
	response.Body = closingBody{w.body, cancel}
	return response
}

type closingBody struct {
	*stream
	cancel context.CancelFunc
}

func (b closingBody) Close() error {
	b.refuse(io.ErrClosedPipe)
	b.cancel()
	return nil
}

func (w *streamWriter) Header() http.Header { return w.header }

func (w *streamWriter) WriteHeader(status int) {
	if w.started {
		return
	}
	w.started = true
	length, err := strconv.ParseInt(w.header.Get("Content-Length"), 10, 64)
	if err != nil {
		length = -1
	}
	w.ready <- &http.Response{
		Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header.Clone(), ContentLength: length, Request: w.request,
	}
}

func (w *streamWriter) Write(data []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(data)
}

// Flush does nothing: every write is seen at once.
func (w *streamWriter) Flush() {}
