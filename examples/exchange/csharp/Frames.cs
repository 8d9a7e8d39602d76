using System.Buffers.Binary;
using System.Net;
using Google.Protobuf;

namespace Pysession.Exchange;

/// <summary>
/// The messages of one call as gRPC sends them in the body of a request: before each a byte that says whether it is
/// compressed (never here), and its length in four bytes, big-endian.
/// </summary>
internal sealed class Frames(IAsyncEnumerable<IMessage> messages) : HttpContent
{
    private const int PrefixBytes = 5;

    /// <summary>The messages in the body of an answer.</summary>
    /// <exception cref="RpcException">A message is compressed, too large or cut off.</exception>
    public static async IAsyncEnumerable<T> Read<T>(Stream body, MessageParser<T> parser, int largest)
        where T : IMessage<T>
    {
        var prefix = new byte[PrefixBytes];
        while (true)
        {
            var read = await body.ReadAtLeastAsync(prefix, PrefixBytes, throwOnEndOfStream: false);
            if (read == 0)
            {
                yield break;
            }
            var length = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
            if (read < PrefixBytes || prefix[0] != 0 || length > largest)
            {
                throw new RpcException(StatusCode.Internal, "the answer is not framed as gRPC frames it");
            }
            var message = new byte[length];
            await body.ReadExactlyAsync(message);
            yield return parser.ParseFrom(message);
        }
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        var prefix = new byte[PrefixBytes];
        await foreach (var message in messages)
        {
            BinaryPrimitives.WriteUInt32BigEndian(prefix.AsSpan(1), (uint)message.CalculateSize());
            await stream.WriteAsync(prefix);
            await stream.WriteAsync(message.ToByteArray());
            await stream.FlushAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
