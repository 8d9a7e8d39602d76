using System.Security.Cryptography;
using Google.Protobuf;
using Pysession.V1;

namespace Pysession.Exchange;

/// <summary>What a program does with sessions that go in one message.</summary>
internal static class Sessions
{
    /// <summary>
    /// Stores the bytes of a file as they are. A call that fails as UNAVAILABLE can be made again with the same key: it is
    /// carried out once.
    /// </summary>
    public static async Task<object> Put(ExchangeClient client, Options options, string sessionId, string file)
    {
        var data = await File.ReadAllBytesAsync(file);
        var document = new Document
        {
            Data = UnsafeByteOperations.UnsafeWrap(data),
            Sha256 = UnsafeByteOperations.UnsafeWrap(SHA256.HashData(data)),
        };
        if (options.Dialect is not null)
        {
            document.Dialect = options.Dialect;
        }
        var request = new PutRequest
        {
            SessionId = sessionId,
            Payload = new Payload { Document = document },
            Options = options.Write(),
            IdempotencyKey = Guid.NewGuid().ToString(),
        };
        return Told.Of((await client.Unary("Put", request, PutResponse.Parser)).Entry);
    }

    /// <summary>Writes the document to a file, as it is stored or converted for the target.</summary>
    public static async Task<object> Get(ExchangeClient client, Options options, string sessionId, string file)
    {
        var request = new GetRequest { SessionId = sessionId };
        if (options.Target is not null)
        {
            request.Target = options.Target;
        }
        var answer = await client.Unary("Get", request, GetResponse.Parser);
        var document = answer.Payload.Document;
        Digests.Verify(SHA256.HashData(document.Data.Span), document.Sha256);
        await File.WriteAllBytesAsync(file, document.Data.ToByteArray());
        return Told.Of(answer.Entry) with
        {
            Dialect = document.HasDialect ? document.Dialect : null,
            Losses = Told.Of(answer.Conversion?.Losses),
        };
    }

    /// <summary>The messages of a conversation, as a person would read it, whichever dialect the session is stored in.</summary>
    public static async Task<object> Show(ExchangeClient client, Options options, string sessionId)
    {
        var session = (await Typed(client, sessionId)).Session;
        IEnumerable<Messages?> histories =
        [
            .. (session.State?.Entries ?? []).Select(entry => entry.History?.Messages),
            session.History?.Messages,
            session.Messages,
        ];
        return from messages in histories.OfType<Messages>()
            from message in messages.Items
            select new { message.Role, Texts = Texts(message) };
    }

    /// <summary>
    /// Stores the typed session under another id. Fields that these definitions do not have go along: the parser keeps them.
    /// </summary>
    public static async Task<object> Copy(ExchangeClient client, Options options, string sessionId, string newId)
    {
        var request = new PutRequest
        {
            SessionId = newId,
            Payload = await Typed(client, sessionId),
            Options = options.Write(),
            IdempotencyKey = Guid.NewGuid().ToString(),
        };
        return Told.Of((await client.Unary("Put", request, PutResponse.Parser)).Entry);
    }

    private static async Task<Payload> Typed(ExchangeClient client, string sessionId)
    {
        var request = new GetRequest { SessionId = sessionId, Form = Form.Session };
        return (await client.Unary("Get", request, GetResponse.Parser)).Payload;
    }

    private static IEnumerable<string> Texts(Message message) =>
        from content in message.Contents?.Items ?? []
        where content.KindCase == Content.KindOneofCase.Text
        select content.Text.Text;

    /// <summary>All sessions of the token's owner, page by page.</summary>
    public static async Task<object> List(ExchangeClient client, Options options)
    {
        var request = new ListRequest();
        if (options.Prefix is not null)
        {
            request.Prefix = options.Prefix;
        }
        List<Told> entries = [];
        while (true)
        {
            var page = await client.Unary("List", request, ListResponse.Parser);
            entries.AddRange(page.Entries.Select(Told.Of));
            if (!page.HasNextPageToken)
            {
                return entries;
            }
            request.PageToken = page.NextPageToken;
        }
    }

    /// <summary>Deletes a session; with an etag only if it is still that one.</summary>
    public static async Task<object> Delete(ExchangeClient client, Options options, string sessionId)
    {
        var request = new DeleteRequest { SessionId = sessionId };
        if (options.IfMatch is not null)
        {
            request.IfMatch = options.IfMatch;
        }
        return new { (await client.Unary("Delete", request, DeleteResponse.Parser)).Deleted };
    }
}
