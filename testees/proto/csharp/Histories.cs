using Pysession.V1;

namespace Pysession.ProtoTestee;

internal static class Histories
{
    /// <summary>The lists of messages: under keys of the state, beside it, or in a durable agent's entries.</summary>
    public static IEnumerable<Messages> Of(Session session)
    {
        var entries = session.Data?.ConversationHistory?.Items ?? [];
        IEnumerable<Messages?> lists =
        [
            .. (session.State?.Entries ?? []).Select(entry => entry.History?.Messages),
            session.History?.Messages,
            session.Messages,
            .. entries.Select(entry => entry.Request?.Messages ?? entry.Response?.Messages),
        ];
        return lists.OfType<Messages>();
    }
}
