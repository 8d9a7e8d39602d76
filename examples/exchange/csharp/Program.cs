// Hands sessions to a pysession server, and fetches them from it.
//
// The server is named by the environment: PYSESSION_SERVER (host:port), PYSESSION_CA (a file of the certificates that may have
// signed the server's; without it those that this machine trusts), PYSESSION_TOKEN. Results go to standard output as JSON; a
// failure goes to standard error as JSON, and the exit code is 1.
using System.Text.Json;
using System.Text.Json.Serialization;
using Pysession.Exchange;

const int Usage = 2;
var json = new JsonSerializerOptions
{
    PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
};

if (Options.From(args) is not var (options, given))
{
    return Explain();
}
Func<ExchangeClient, Task<object>>? command = given switch
{
    ["put", var id, var file] => client => Sessions.Put(client, options, id, file),
    ["get", var id, var file] => client => Sessions.Get(client, options, id, file),
    ["upload", var id, var file] => client => Transfers.Upload(client, options, id, file),
    ["download", var id, var file] => client => Transfers.Download(client, options, id, file),
    ["show", var id] => client => Sessions.Show(client, options, id),
    ["copy", var id, var newId] => client => Sessions.Copy(client, options, id, newId),
    ["list"] => client => Sessions.List(client, options),
    ["delete", var id] => client => Sessions.Delete(client, options, id),
    _ => null,
};
if (command is null)
{
    return Explain();
}

using var client = new ExchangeClient(
    Environment.GetEnvironmentVariable("PYSESSION_SERVER") ?? "localhost:50051",
    Environment.GetEnvironmentVariable("PYSESSION_CA"),
    Environment.GetEnvironmentVariable("PYSESSION_TOKEN") ?? "",
    TimeSpan.FromMinutes(1)
);
try
{
    Console.WriteLine(JsonSerializer.Serialize(await command(client), json));
    return 0;
}
catch (Exception error) when (error is RpcException or IOException or UnauthorizedAccessException)
{
    var failed = error as RpcException ?? new RpcException(StatusCode.Unknown, error.Message);
    var failure = new
    {
        Code = JsonNamingPolicy.SnakeCaseUpper.ConvertName(failed.Code.ToString()),
        failed.Message,
        failed.Reason,
        Violations = failed.Violations.Select(one => new { one.Field, one.Reason, one.Description }),
    };
    Console.Error.WriteLine(JsonSerializer.Serialize(failure, json));
    return 1;
}

static int Explain()
{
    Console.Error.WriteLine(
        """
        usage: exchange COMMAND [options] ARGUMENTS
          put ID FILE | get ID FILE | upload ID FILE | download ID FILE | show ID | copy ID NEW-ID
          list | delete ID
        options: --dialect D  --if-match ETAG  --create-only  --target DIALECT-OR-RELEASE  --prefix P
        """
    );
    return Usage;
}
