using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Pysession.Testee;

/// <summary>A bare array of messages, as `JsonSerializer` alone reads it: what `meai@` releases are judged by.</summary>
internal sealed class MessageArray : IForm
{
    private JsonElement _stored;
    private List<ChatMessage>? _messages;

    public void Load(JsonElement document)
    {
        _stored = document;
        _messages = document.Deserialize<List<ChatMessage>>(SerializerOptions.Default);
    }

    public IReadOnlyList<History> Touch() => [new(_stored, _messages)];

    public void Append(ChatMessage user, ChatMessage assistant) => (_messages ??= []).AddRange([user, assistant]);

    public byte[] Save() => JsonSerializer.SerializeToUtf8Bytes(_messages, SerializerOptions.Default);
}
