// Parses serialised pysession.v1.Session messages, looks into them and serialises them again.
// It answers requests, one JSON object a line; ../README.md describes them.
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Pysession.ProtoTestee;
using Pysession.V1;

var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
{
    PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
};

using var output = new StreamWriter(Console.OpenStandardOutput());
while (Console.In.ReadLine() is { } line)
{
    var asked = JsonSerializer.Deserialize<Request>(line, options)!;
    output.WriteLine(JsonSerializer.Serialize(Read(asked), options));
    output.Flush();
}

static Answer Read(Request asked)
{
    Session session;
    try
    {
        session = Session.Parser.ParseFrom(asked.Document);
    }
    catch (InvalidProtocolBufferException error)
    {
        return new Answer { Id = asked.Id, Error = error.Message };
    }
    var messages = Histories.Of(session).SelectMany(list => list.Items).ToList();
    var texts =
        from message in messages
        from content in message.Contents?.Items ?? []
        where content.KindCase == Content.KindOneofCase.Text && content.Text.HasText
        select content.Text.Text;
    return new Answer
    {
        Id = asked.Id,
        Ok = true,
        Saved = session.ToByteArray(),
        SessionId = session.HasSessionId ? session.SessionId : null,
        Messages = messages.Count,
        Texts = [.. texts],
    };
}

/// <summary>One line of standard input. The document travels as base64, so its bytes arrive as they were sent.</summary>
internal sealed record Request(long Id, byte[] Document);

/// <summary>One line of standard output; <c>Error</c> is set when <c>Ok</c> is false.</summary>
internal sealed record Answer
{
    public long Id { get; init; }
    public bool Ok { get; init; }
    public string? Error { get; init; }
    public byte[]? Saved { get; init; }
    public string? SessionId { get; init; }
    public int Messages { get; init; }
    public string[] Texts { get; init; } = [];
}
