using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace Pysession.Testee;

/// <summary>
/// A session, with an envelope that behaves as the framework's: what is known of it from its documents and from runs of
/// its releases since 1.0.0-rc1 is said here again, so that its serializer can be run without the framework.
/// </summary>
internal sealed class SessionForm(IReadOnlyList<string> historyKeys) : IForm
{
    private const string DefaultHistoryKey = "InMemoryChatHistoryProvider";

    // A history provider with a key of its own takes the place of the default one.
    private readonly IReadOnlyList<string> _keys = historyKeys.Count > 0 ? historyKeys : [DefaultHistoryKey];
    private StoredSession _session = new();

    public void Load(JsonElement document)
    {
        if (document.ValueKind != JsonValueKind.Object)
        {
            throw new ArgumentException("The state of a session must be a JSON object.");
        }

        _session = document.Deserialize<StoredSession>(SerializerOptions.Default)!;
    }

    public IReadOnlyList<History> Touch()
    {
        var histories = new List<History>();
        foreach (var key in _keys)
        {
            // A null in the bag has no entry object; looking into it throws NullReferenceException, here as there.
            if (_session.StateBag.TryGetValue(key, out var entry) && entry!.Read() is { } state)
            {
                histories.Add(new(entry.Stored, state.Messages));
            }
        }

        return histories;
    }

    public void Append(ChatMessage user, ChatMessage assistant)
    {
        var entry = _keys.Select(key => _session.StateBag.GetValueOrDefault(key)).FirstOrDefault(found => found is not null);
        entry ??= _session.StateBag[_keys[0]] = new StoredEntry(JsonSerializer.SerializeToElement(new HistoryState(), SerializerOptions.Default));
        (entry.Read()!.Messages ??= []).AddRange([user, assistant]);
    }

    // Serialised to an element first, of which an application stores the text.
    public byte[] Save() => Encoding.UTF8.GetBytes(JsonSerializer.SerializeToElement(_session, SerializerOptions.Default).GetRawText());
}

internal sealed class StoredSession
{
    internal StoredSession()
    {
    }

    // Set through the constructor, as in the framework: of a member that occurs twice the last counts, even if blank.
    [JsonConstructor]
    internal StoredSession(string? conversationId, ConcurrentDictionary<string, StoredEntry?>? stateBag)
    {
        ConversationId = string.IsNullOrWhiteSpace(conversationId) ? null : conversationId;
        StateBag = stateBag ?? [];
    }

    [JsonPropertyName("conversationId")]
    public string? ConversationId { get; }

    /// <summary>A concurrent dictionary, for the order in which it gives its members back.</summary>
    [JsonPropertyName("stateBag")]
    public ConcurrentDictionary<string, StoredEntry?> StateBag { get; } = [];
}

/// <summary>A value of the state bag: its own JSON until somebody reads it as something, which it then is saved as.</summary>
[JsonConverter(typeof(Converter))]
internal sealed class StoredEntry(JsonElement stored)
{
    private HistoryState? _state;

    internal JsonElement Stored { get; } = stored;

    internal HistoryState? Read() => _state ??= Stored.Deserialize<HistoryState>(SerializerOptions.Default);

    private sealed class Converter : JsonConverter<StoredEntry>
    {
        public override StoredEntry Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            new(JsonElement.ParseValue(ref reader));

        public override void Write(Utf8JsonWriter writer, StoredEntry entry, JsonSerializerOptions options) =>
            (entry._state is null ? entry.Stored : JsonSerializer.SerializeToElement(entry._state, options)).WriteTo(writer);
    }
}

internal sealed class HistoryState
{
    [JsonPropertyName("messages")]
    public List<ChatMessage>? Messages { get; set; } = [];
}
