using System.Text.Json;

namespace Pysession.Testee;

/// <summary>One request. A line that is none has id 0 and says in <see cref="Fault"/> why.</summary>
internal sealed record Request
{
    internal long Id { get; private init; }

    internal string? Op { get; private init; }

    internal string? Form { get; private init; }

    internal byte[] Document { get; private init; } = [];

    internal string? Text { get; private init; }

    /// <summary>Keys of the state bag under which history providers keep messages, in place of the framework's default.</summary>
    internal IReadOnlyList<string> HistoryKeys { get; private init; } = [];

    internal string? Fault { get; private init; }

    internal static Request Parse(string line)
    {
        try
        {
            using var parsed = JsonDocument.Parse(line);
            var request = parsed.RootElement;
            var options = request.TryGetProperty("options", out var given) ? given : default;
            return new Request
            {
                Id = request.TryGetProperty("id", out var id) ? id.GetInt64() : 0,
                Op = Text(request, "op"),
                Form = Text(request, "form"),
                Document = request.TryGetProperty("document", out var document) ? document.GetBytesFromBase64() : [],
                Text = Text(request, "text"),
                HistoryKeys = options.ValueKind == JsonValueKind.Object && options.TryGetProperty("history_keys", out var keys)
                    ? [.. keys.EnumerateArray().Select(key => key.GetString()!)]
                    : [],
            };
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            return new Request { Fault = $"this is no request: {e.Message}" };
        }

        static string? Text(JsonElement request, string name) =>
            request.TryGetProperty(name, out var value) ? value.GetString() : null;
    }
}
