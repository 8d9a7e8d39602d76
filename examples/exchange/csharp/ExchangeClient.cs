using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;

namespace Pysession.Exchange;

/// <summary>
/// gRPC over <see cref="HttpClient"/>, for programs that have no gRPC package: a POST over HTTP/2 with framed messages as its
/// body; the answer is framed too, and its trailers say how the call ended.
/// </summary>
internal sealed class ExchangeClient : IDisposable
{
    private const string Service = "pysession.v1.SessionExchange";

    /// <summary>A little more than the 4 MiB that servers put into one message.</summary>
    private const int LargestMessage = 5 << 20;

    private readonly HttpClient http;

    /// <param name="server">host:port</param>
    /// <param name="authorities">file of certificates in PEM; without it those count that this machine trusts</param>
    /// <param name="token">presented with every call</param>
    /// <param name="timeout">of each call: without a deadline it waits for ever for a server that is not there</param>
    public ExchangeClient(string server, string? authorities, string token, TimeSpan timeout)
    {
        var handler = new SocketsHttpHandler();
        if (!string.IsNullOrEmpty(authorities))
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.ImportFromPemFile(authorities);
            handler.SslOptions.CertificateChainPolicy = policy;
        }
        http = new HttpClient(handler)
        {
            BaseAddress = new Uri($"https://{server}/{Service}/"),
            Timeout = timeout,
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        http.DefaultRequestHeaders.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        http.DefaultRequestHeaders.Add("grpc-timeout", $"{(long)timeout.TotalSeconds}S");
    }

    public void Dispose() => http.Dispose();

    /// <summary>The answer to a call with one request.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<T> Unary<T>(string method, IMessage request, MessageParser<T> parser)
        where T : class, IMessage<T> => ClientStream(method, Once(request), parser);

    /// <summary>The answer to a call with a stream of requests.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public async Task<T> ClientStream<T>(string method, IAsyncEnumerable<IMessage> requests, MessageParser<T> parser)
        where T : class, IMessage<T> =>
        // To the end, not only the first: what the call came to is known when the trailers are there.
        await Call(method, requests, parser).LastOrDefaultAsync()
        ?? throw new RpcException(StatusCode.Internal, "the server sent no answer");

    /// <summary>The answers to a call with one request.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public IAsyncEnumerable<T> ServerStream<T>(string method, IMessage request, MessageParser<T> parser)
        where T : IMessage<T> => Call(method, Once(request), parser);

    private async IAsyncEnumerable<T> Call<T>(
        string method,
        IAsyncEnumerable<IMessage> requests,
        MessageParser<T> parser
    )
        where T : IMessage<T>
    {
        using var content = new Frames(requests);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using var message = new HttpRequestMessage(HttpMethod.Post, method)
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await Guarded(http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead));
        if (response.Headers.Contains("grpc-status"))
        {
            // Without a message, what would be trailers are headers.
            throw RpcException.From(response.Headers)!;
        }
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new RpcException(StatusCode.Unknown, $"the answer is HTTP {(int)response.StatusCode}");
        }
        await using var body = await response.Content.ReadAsStreamAsync();
        await using var answers = Frames.Read(body, parser, LargestMessage).GetAsyncEnumerator();
        while (await Guarded(answers.MoveNextAsync().AsTask()))
        {
            yield return answers.Current;
        }
        if (RpcException.From(response.TrailingHeaders) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>What the transport tells of a server that cannot be reached or a connection that was cut, as a code.</summary>
    private static async Task<T> Guarded<T>(Task<T> work)
    {
        try
        {
            return await work;
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new RpcException(StatusCode.Unavailable, error.GetBaseException().Message);
        }
        catch (TaskCanceledException error)
        {
            throw new RpcException(StatusCode.DeadlineExceeded, error.Message);
        }
    }

    private static IAsyncEnumerable<IMessage> Once(IMessage message) => new[] { message }.ToAsyncEnumerable();
}
