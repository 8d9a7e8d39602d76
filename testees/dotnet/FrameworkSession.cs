using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;

namespace Pysession.Testee;

/// <summary>A session, read and written by the framework's own agent. Compiled with -p:AgentFramework=true only.</summary>
internal sealed class SessionForm(IReadOnlyList<string> historyKeys) : IForm
{
    private readonly string _key = historyKeys.FirstOrDefault(nameof(InMemoryChatHistoryProvider));
    private readonly ScriptedChatClient _model = new();
    private JsonElement _stored;
    private ChatClientAgent? _agent;
    private AgentSession? _session;

    public void Load(JsonElement document)
    {
        _stored = document;
        var history = new InMemoryChatHistoryProvider(new InMemoryChatHistoryProviderOptions { StateKey = _key });
        _agent = new ChatClientAgent(_model, new ChatClientAgentOptions { ChatHistoryProvider = history });
        _session = _agent.DeserializeSessionAsync(document).AsTask().GetAwaiter().GetResult();
    }

    public IReadOnlyList<History> Touch() =>
        _session!.StateBag.TryGetValue(_key, out InMemoryChatHistoryProvider.State? state) && state is not null
            ? [new(Stored(), state.Messages)]
            : [];

    public void Append(ChatMessage user, ChatMessage assistant)
    {
        _model.Next = assistant;
        _agent!.RunAsync([user], _session).GetAwaiter().GetResult();
    }

    public byte[] Save() =>
        Encoding.UTF8.GetBytes(_agent!.SerializeSessionAsync(_session!).AsTask().GetAwaiter().GetResult().GetRawText());

    private JsonElement Stored() =>
        _stored.EnumerateObject().Last(member => member.Name.Equals("stateBag", StringComparison.OrdinalIgnoreCase)).Value
            .EnumerateObject().Last(member => member.Name == _key).Value;

    /// <summary>A model that says what it is told to say.</summary>
    private sealed class ScriptedChatClient : IChatClient
    {
        internal ChatMessage? Next { get; set; }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ChatResponse(Next!));

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask;
            yield return new ChatResponseUpdate(Next!.Role, Next.Contents);
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
