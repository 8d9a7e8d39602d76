package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"pysession.example/exchange/generated"
)

// largestMessage is what we receive in one message: a little more than the 4 MiB that servers put into one.
const largestMessage = 5 << 20

// A client is one connection. It is safe for many goroutines, and one is enough for a process.
type client struct {
	connection *grpc.ClientConn
	sessions   sessionpb.SessionExchangeClient
	health     healthpb.HealthClient
}

// dial makes a connection with TLS that presents token with every call. authorities is a file of certificates in PEM;
// without it those count that this machine trusts. Nothing is sent before the first call.
func dial(server, authorities, token string) (*client, error) {
	transport := &tls.Config{MinVersion: tls.VersionTLS12}
	if authorities != "" {
		certificates, err := os.ReadFile(authorities)
		if err != nil {
			return nil, err
		}
		transport.RootCAs = x509.NewCertPool()
		if !transport.RootCAs.AppendCertsFromPEM(certificates) {
			return nil, fmt.Errorf("%s holds no certificate", authorities)
		}
	}
	connection, err := grpc.NewClient(server,
		grpc.WithTransportCredentials(credentials.NewTLS(transport)),
		grpc.WithPerRPCCredentials(bearer(token)),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(largestMessage)),
	)
	if err != nil {
		return nil, err
	}
	return &client{
		connection: connection,
		sessions:   sessionpb.NewSessionExchangeClient(connection),
		health:     healthpb.NewHealthClient(connection),
	}, nil
}

func (c *client) close() {
	_ = c.connection.Close()
}

// A bearer is a token that goes along with each call, and never over a connection without TLS.
type bearer string

func (token bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(token)}, nil
}

func (bearer) RequireTransportSecurity() bool { return true }
