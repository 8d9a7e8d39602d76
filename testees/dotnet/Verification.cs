using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Pysession.Testee;

/// <summary>Holds this release against everything that is recorded of it in a folder of fixtures.</summary>
internal static class Verification
{
    /// <summary>0: all as expected; 1: something is not, or there is nothing to expect; 2: no such folder.</summary>
    internal static int Run(string root, TextWriter output, TextWriter errors)
    {
        Dictionary<string, Fixture> fixtures;
        try
        {
            var manifest = JsonSerializer.Deserialize<Manifest>(File.ReadAllBytes(Path.Combine(root, "manifest.json")), JsonSerializerOptions.Web)!;
            fixtures = manifest.Fixtures.ToDictionary(fixture => fixture.Path);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            errors.WriteLine($"{root} is no folder of fixtures: {e.Message}");
            return 2;
        }

        var problems = 0;
        foreach (var fixture in fixtures.Values.Where(fixture => !IsIntact(root, fixture)))
        {
            output.WriteLine($"{fixture.Path}: not the bytes that the manifest lists");
            problems++;
        }

        var checks = 0;
        foreach (var (reader, path, expected, form) in Expectations(root))
        {
            checks++;
            var problem = fixtures.ContainsKey(path) ? Problem(File.ReadAllBytes(Path.Combine(root, path)), form, expected) : "not in the manifest";
            if (problem is not null)
            {
                output.WriteLine($"{path}: as {reader}: {problem}");
                problems++;
            }
        }

        if (checks == 0)
        {
            output.WriteLine($"nothing is recorded of {Description.Reader}");
        }

        output.WriteLine($"{Description.Reader}: {checks} expectations, {problems} problems");
        return problems == 0 && checks > 0 ? 0 : 1;
    }

    private static bool IsIntact(string root, Fixture fixture)
    {
        var file = new FileInfo(Path.Combine(root, fixture.Path));
        return file.Exists && file.Length == fixture.Bytes
            && Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file.FullName))) == fixture.Sha256;
    }

    private static IEnumerable<(string Reader, string Path, Recording.Reading Expected, IForm Form)> Expectations(string root)
    {
        foreach (var (path, expected) in Recording.Load(Path.Combine(root, "recorded", "meai.json"))?.Of(Description.Serializer) ?? [])
        {
            yield return (Description.Serializer, path, expected, new MessageArray());
        }

        var sessions = Recording.Load(Path.Combine(root, "recorded", "dotnet.json"));
        foreach (var reader in sessions?.Readers.Where(IsThis).Select(column => column.Reader) ?? [])
        {
            foreach (var (path, expected) in sessions!.Of(reader))
            {
                yield return (reader, path, expected, new SessionForm([]));
            }
        }
    }

    /// <summary>Whether a release of the framework is this program: itself, or one with this serializer that has sessions.</summary>
    private static bool IsThis(Recording.Column column) =>
        column.Reader == Description.Reader
        || (Description.Reader == Description.Serializer
            && !column.Reader.Contains("-preview.")
            && column.Environment?.GetValueOrDefault("Microsoft.Extensions.AI.Abstractions")?.Split(' ')[0] == Description.SerializerVersion);

    private static string? Problem(byte[] document, IForm form, Recording.Reading expected)
    {
        var observed = Reading.Observe(document, form);
        if (expected.Verdict == "rejected" || observed.Stage is not null)
        {
            var (stage, type) = (observed.Stage, observed.Error?.GetType().Name);
            return (stage, type) == (expected.Stage, expected.Error?.Type)
                ? null
                : $"{Refusal(stage, type)}, expected {Refusal(expected.Stage, expected.Error?.Type)}";
        }

        if (expected.SameBytes is { } same && same != observed.Saved.AsSpan().SequenceEqual(document))
        {
            return same ? "saved in other bytes" : "saved in the same bytes, which was not so";
        }

        var (before, after) = (JsonDocument.Parse(document), JsonDocument.Parse(observed.Saved));
        var changes = Comparison.Changes(before.RootElement, after.RootElement);
        var recorded = expected.Changes?.Select(change => (change[0], change[1])).ToHashSet();
        return recorded is null || changes.SetEquals(recorded)
            ? null
            : $"changes {string.Join(", ", changes)}, expected {string.Join(", ", recorded)}";
    }

    private static string Refusal(string? stage, string? type) => stage is null ? "accepted" : $"refused at {stage} with {type}";
}
