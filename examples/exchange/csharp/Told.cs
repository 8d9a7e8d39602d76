using Google.Protobuf;
using Pysession.V1;

namespace Pysession.Exchange;

/// <summary>What we tell of a stored session.</summary>
internal sealed record Told(string SessionId, string Etag, ulong Size, DateTime? Expires)
{
    public string? Dialect { get; init; }
    public IReadOnlyList<ToldLoss>? Losses { get; init; }

    public static Told Of(Entry entry) =>
        new(entry.SessionId, entry.Etag, entry.Size, entry.ExpireTime?.ToDateTime());

    public static IReadOnlyList<ToldLoss> Of(IEnumerable<Loss>? losses) =>
        [.. (losses ?? []).Select(loss => new ToldLoss(loss.Pointer, loss.Kind.ToString().ToLowerInvariant(), loss.Detail, loss.Recoverable))];
}

/// <summary>A value that a conversion could not say in the target's words.</summary>
internal sealed record ToldLoss(string Pointer, string Kind, string Detail, bool Recoverable);

internal static class Digests
{
    public static void Verify(ReadOnlySpan<byte> found, ByteString expected)
    {
        if (!found.SequenceEqual(expected.Span))
        {
            throw new RpcException(StatusCode.DataLoss, "the bytes are not those of the digest");
        }
    }
}
