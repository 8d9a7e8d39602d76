// One connection to a pysession server: gRPC of @grpc/grpc-js with messages of @bufbuild/protobuf.
import { readFileSync } from "node:fs";
import { fromBinary, toBinary, create } from "@bufbuild/protobuf";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { SessionExchange } from "./generated/pysession/v1/exchange_pb.js";

/** A little more than the 4 MiB that servers put into one message. */
const LARGEST_MESSAGE = 5 * 1024 * 1024;

export class ExchangeClient {
  #client;
  #seconds;

  /**
   * @param {string} server host:port
   * @param {string | undefined} authorities file of certificates in PEM; without it those of Node count
   * @param {string} token presented with every call
   * @param {number} seconds how long a call may take: without a deadline it waits for ever for a server that is not there
   */
  constructor(server, authorities, token, seconds = 60) {
    const channel = credentials.createSsl(authorities ? readFileSync(authorities) : null);
    const bearer = credentials.createFromMetadataGenerator((_, callback) => {
      const metadata = new Metadata();
      metadata.set("authorization", `Bearer ${token}`);
      callback(null, metadata);
    });
    this.#client = new Client(server, credentials.combineChannelCredentials(channel, bearer), {
      "grpc.max_receive_message_length": LARGEST_MESSAGE,
    });
    this.#seconds = seconds;
  }

  close() {
    this.#client.close();
  }

  /** @returns {Promise<object>} the answer to a call with one request */
  unary(method, request) {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        ...call(method),
        create(method.input, request),
        this.#options(),
        (error, answer) => (error ? reject(error) : resolve(answer)),
      );
    });
  }

  /** @returns {Promise<object>} the answer to a call with a stream of requests */
  async clientStream(method, requests) {
    let stream;
    const answered = new Promise((resolve, reject) => {
      stream = this.#client.makeClientStreamRequest(...call(method), this.#options(), (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
    // Whoever fails first is told: the server, which may end the call early, or the source of the requests.
    const sent = send(stream, method, requests);
    sent.catch(() => stream.cancel());
    return (await Promise.all([answered, sent]))[0];
  }

  /** @returns {AsyncIterable<object>} the answers to a call with one request */
  serverStream(method, request) {
    return this.#client.makeServerStreamRequest(...call(method), create(method.input, request), this.#options());
  }

  #options() {
    return { deadline: Date.now() + this.#seconds * 1000 };
  }
}

/** Path of a method, how its requests are written and how its answers are read. */
function call(method) {
  return [
    `/${SessionExchange.typeName}/${method.name}`,
    (request) => Buffer.from(toBinary(method.input, request)),
    (bytes) => fromBinary(method.output, bytes),
  ];
}

async function send(stream, method, requests) {
  let ended = false;
  const over = new Promise((resolve) => stream.once("close", resolve).once("error", resolve).once("status", resolve));
  over.then(() => (ended = true));
  for await (const request of requests) {
    if (ended) {
      return;
    }
    // One side must not run ahead of the other: what is written waits in memory until it can be sent.
    if (!stream.write(create(method.input, request))) {
      await Promise.race([new Promise((resolve) => stream.once("drain", resolve)), over]);
    }
  }
  stream.end();
}
