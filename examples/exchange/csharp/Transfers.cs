using System.Security.Cryptography;
using Google.Protobuf;
using Pysession.V1;

namespace Pysession.Exchange;

/// <summary>Sessions that go in chunks, and go on where they stopped when the connection is cut.</summary>
internal static class Transfers
{
    private const int ChunkBytes = 64 << 10;
    private const int Attempts = 5;
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);

    /// <summary>Sends a file. When the connection is cut it asks how much has come, and goes on from there.</summary>
    public static async Task<object> Upload(ExchangeClient client, Options options, string sessionId, string path)
    {
        await using var file = File.OpenRead(path);
        var header = new UploadHeader
        {
            SessionId = sessionId,
            UploadId = Guid.NewGuid().ToString(),
            Form = Form.Document,
            Size = (ulong)file.Length,
            Sha256 = UnsafeByteOperations.UnsafeWrap(await SHA256.HashDataAsync(file)),
            Options = options.Write(),
        };
        if (options.Dialect is not null)
        {
            header.Dialect = options.Dialect;
        }
        return await Again(async attempt =>
        {
            if (attempt > 0)
            {
                header.Offset = await Arrived(client, header.UploadId);
            }
            var answer = await client.ClientStream("Upload", Parts(file, header), UploadResponse.Parser);
            return Told.Of(answer.Entry);
        });
    }

    /// <summary>The messages of one call: a header, chunks, a trailer.</summary>
    private static async IAsyncEnumerable<IMessage> Parts(FileStream file, UploadHeader header)
    {
        yield return new UploadRequest { Header = header };
        file.Position = (long)header.Offset;
        var buffer = new byte[ChunkBytes];
        while (file.Position < file.Length)
        {
            var offset = (ulong)file.Position;
            var length = await file.ReadAtLeastAsync(buffer, ChunkBytes, throwOnEndOfStream: false);
            var data = ByteString.CopyFrom(buffer, 0, length);
            yield return new UploadRequest { Chunk = new Chunk { Offset = offset, Data = data } };
        }
        yield return new UploadRequest { Trailer = new UploadTrailer { Sha256 = header.Sha256 } };
    }

    private static async Task<ulong> Arrived(ExchangeClient client, string uploadId)
    {
        var request = new GetUploadRequest { UploadId = uploadId };
        try
        {
            return (await client.Unary("GetUpload", request, GetUploadResponse.Parser)).Offset;
        }
        catch (RpcException error) when (error.Code == StatusCode.NotFound)
        {
            return 0;
        }
    }

    /// <summary>
    /// Fetches a document into a file, which is there when it is whole. When the connection is cut it goes on where it
    /// stopped, if the session is still the same.
    /// </summary>
    public static async Task<object> Download(ExchangeClient client, Options options, string sessionId, string path)
    {
        var part = $"{path}.part";
        var request = new DownloadRequest { SessionId = sessionId, Form = Form.Document };
        if (options.Target is not null)
        {
            request.Target = options.Target;
        }
        try
        {
            Told told;
            await using (var file = new FileStream(part, FileMode.Create, FileAccess.ReadWrite))
            {
                told = await Again(_ => Receive(client, request, file));
            }
            File.Move(part, path, overwrite: true);
            return told;
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <summary>Writes what comes, and moves the offset of the request along.</summary>
    private static async Task<Told> Receive(ExchangeClient client, DownloadRequest request, FileStream file)
    {
        Told? told = null;
        List<Loss> losses = [];
        await foreach (var answer in client.ServerStream("Download", request, DownloadResponse.Parser))
        {
            switch (answer.PartCase)
            {
                case DownloadResponse.PartOneofCase.Header:
                    told = Told.Of(answer.Header.Entry) with
                    {
                        Dialect = answer.Header.HasDialect ? answer.Header.Dialect : null,
                    };
                    request.IfMatch = answer.Header.Entry.Etag;
                    break;
                case DownloadResponse.PartOneofCase.Chunk:
                    file.Position = (long)answer.Chunk.Offset;
                    await file.WriteAsync(answer.Chunk.Data.Memory);
                    request.Offset = (ulong)file.Position;
                    break;
                case DownloadResponse.PartOneofCase.Losses:
                    losses.AddRange(answer.Losses.Losses);
                    break;
                case DownloadResponse.PartOneofCase.Trailer:
                    file.Position = 0;
                    Digests.Verify(await SHA256.HashDataAsync(file), answer.Trailer.Sha256);
                    break;
            }
        }
        return told! with { Losses = Told.Of(losses) };
    }

    /// <summary>Repeats what failed because the server could not be reached, with longer and longer waits.</summary>
    private static async Task<T> Again<T>(Func<int, Task<T>> work)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await work(attempt);
            }
            catch (RpcException error) when (error.Code == StatusCode.Unavailable && attempt < Attempts - 1)
            {
                await Task.Delay(FirstWait * Math.Pow(2, attempt));
            }
        }
    }
}
