package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"pysession.example/exchange/generated"
)

const (
	chunkBytes = 64 << 10
	attempts   = 5
	firstWait  = 100 * time.Millisecond
)

// upload sends a file in chunks. When the connection is cut it asks how much has come, and goes on from there.
func upload(ctx context.Context, c *client, given options, arguments []string) (any, error) {
	file, err := os.Open(arguments[1])
	if err != nil {
		return nil, err
	}
	defer file.Close()
	digest := sha256.New()
	size, err := io.Copy(digest, file)
	if err != nil {
		return nil, err
	}
	header := &sessionpb.UploadHeader{
		SessionId: &arguments[0],
		UploadId:  proto.String(rand.Text()),
		Form:      sessionpb.Form_FORM_DOCUMENT.Enum(),
		Size:      proto.Uint64(uint64(size)),
		Sha256:    digest.Sum(nil),
		Options:   writeOptions(given),
	}
	if given.dialect != "" {
		header.Dialect = &given.dialect
	}
	var answer *sessionpb.UploadResponse
	err = again(ctx, func(attempt int) (err error) {
		if attempt > 0 {
			if err = c.goOn(ctx, header); err != nil {
				return err
			}
		}
		answer, err = c.uploadFrom(ctx, file, header)
		return err
	})
	if err != nil {
		return nil, err
	}
	return entryOf(answer.GetEntry()), nil
}

// goOn sets the offset in the header to where the upload stopped. The answer may have been lost after all was stored: another
// call with the same header is answered the same.
func (c *client) goOn(ctx context.Context, header *sessionpb.UploadHeader) error {
	arrived, err := c.sessions.GetUpload(ctx, &sessionpb.GetUploadRequest{UploadId: header.UploadId})
	if status.Code(err) == codes.NotFound {
		header.Offset = nil
		return nil
	}
	header.Offset = proto.Uint64(arrived.GetOffset())
	return err
}

// uploadFrom sends the file from the offset in the header on, in one call.
func (c *client) uploadFrom(ctx context.Context, file io.ReaderAt, header *sessionpb.UploadHeader) (*sessionpb.UploadResponse, error) {
	stream, err := c.sessions.Upload(ctx)
	if err != nil {
		return nil, err
	}
	err = stream.Send(&sessionpb.UploadRequest{Part: &sessionpb.UploadRequest_Header{Header: header}})
	for offset := header.GetOffset(); err == nil && offset < header.GetSize(); {
		data := make([]byte, min(chunkBytes, header.GetSize()-offset))
		if _, err := file.ReadAt(data, int64(offset)); err != nil {
			return nil, err
		}
		chunk := &sessionpb.Chunk{Offset: proto.Uint64(offset), Data: data}
		err = stream.Send(&sessionpb.UploadRequest{Part: &sessionpb.UploadRequest_Chunk{Chunk: chunk}})
		offset += uint64(len(data))
	}
	if err == nil {
		trailer := &sessionpb.UploadTrailer{Sha256: header.GetSha256()}
		err = stream.Send(&sessionpb.UploadRequest{Part: &sessionpb.UploadRequest_Trailer{Trailer: trailer}})
	}
	// io.EOF says that the server has ended the call; why, only its answer says.
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return stream.CloseAndRecv()
}

// download fetches a document in chunks into a file, which is there when it is whole. When the connection is cut it goes
// on where it stopped, if the session is still the same.
func download(ctx context.Context, c *client, given options, arguments []string) (any, error) {
	file, err := os.OpenFile(arguments[1]+".part", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	request := &sessionpb.DownloadRequest{SessionId: &arguments[0], Form: sessionpb.Form_FORM_DOCUMENT.Enum()}
	if given.target != "" {
		request.Target = &given.target
	}
	var told entry
	err = again(ctx, func(int) error { return c.downloadFrom(ctx, file, request, &told) })
	if err != nil {
		return nil, err
	}
	return told, os.Rename(file.Name(), arguments[1])
}

// downloadFrom fetches what is left from the offset in the request on, and moves the offset along.
func (c *client) downloadFrom(ctx context.Context, file *os.File, request *sessionpb.DownloadRequest, told *entry) error {
	stream, err := c.sessions.Download(ctx, request)
	if err != nil {
		return err
	}
	for {
		answer, err := stream.Recv()
		if err != nil {
			return err
		}
		switch part := answer.GetPart().(type) {
		case *sessionpb.DownloadResponse_Header:
			*told = entryOf(part.Header.GetEntry())
			told.Dialect = part.Header.GetDialect()
			request.IfMatch = part.Header.GetEntry().Etag
		case *sessionpb.DownloadResponse_Chunk:
			if _, err := file.WriteAt(part.Chunk.GetData(), int64(part.Chunk.GetOffset())); err != nil {
				return err
			}
			request.Offset = proto.Uint64(part.Chunk.GetOffset() + uint64(len(part.Chunk.GetData())))
		case *sessionpb.DownloadResponse_Losses:
			told.Losses = append(told.Losses, lossesOf(part.Losses.GetLosses())...)
		case *sessionpb.DownloadResponse_Trailer:
			return verify(file, part.Trailer.GetSha256())
		}
	}
}

func verify(file io.ReaderAt, expected []byte) error {
	digest := sha256.New()
	if _, err := io.Copy(digest, io.NewSectionReader(file, 0, 1<<62)); err != nil {
		return err
	}
	if string(digest.Sum(nil)) != string(expected) {
		return errors.New("the bytes are not those of the digest")
	}
	return nil
}

// again repeats what failed because the server could not be reached, with longer and longer waits.
func again(ctx context.Context, work func(attempt int) error) error {
	wait := firstWait
	for attempt := 0; ; attempt++ {
		err := work(attempt)
		if status.Code(err) != codes.Unavailable || attempt == attempts-1 {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
			wait *= 2
		}
	}
}
