using System.Text.Json;

namespace Pysession.Testee;

/// <summary>A file of `recorded/`: what releases were seen to do with fixtures. Cells are indices of readings, -1 for none.</summary>
internal sealed record Recording(IReadOnlyList<Recording.Column> Readers, IReadOnlyList<Recording.Reading> Readings, IReadOnlyDictionary<string, int[]> Cells)
{
    /// <summary>A release. SameAs: the one that did the same with every fixture and has the cells, null where it has its own.</summary>
    internal sealed record Column(string Reader, string? SameAs, IReadOnlyDictionary<string, string>? Environment);

    internal sealed record Reading(string? Verdict, string? Stage, Failure? Error, bool? SameBytes, string[][]? Changes);

    internal sealed record Failure(string Type);

    internal static Recording? Load(string path) =>
        File.Exists(path) ? JsonSerializer.Deserialize<Recording>(File.ReadAllBytes(path), s_options) : null;

    /// <summary>The fixtures that <paramref name="reader"/> was seen to read, with what it did.</summary>
    internal IEnumerable<(string Fixture, Reading Expected)> Of(string reader)
    {
        var likeIt = Readers.FirstOrDefault(column => column.Reader == reader)?.SameAs ?? reader;
        var position = Readers.Where(column => column.SameAs is null).TakeWhile(column => column.Reader != likeIt).Count();
        return Cells
            .Where(row => position < row.Value.Length && row.Value[position] >= 0)
            .Select(row => (row.Key, Readings[row.Value[position]]));
    }

    private static readonly JsonSerializerOptions s_options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
}

/// <summary>An entry of `manifest.json`.</summary>
internal sealed record Fixture(string Path, long Bytes, string Sha256);

internal sealed record Manifest(IReadOnlyList<Fixture> Fixtures);
