// testee                     answers requests, one JSON object a line, on standard input and output
// testee verify FIXTURES     holds this release against what is recorded of it in a folder of fixtures
using Pysession.Testee;

return args switch
{
    [] => Conversation.Hold(Console.OpenStandardInput(), Console.OpenStandardOutput()),
    ["verify", var fixtures] => Verification.Run(fixtures, Console.Out, Console.Error),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: testee [verify FIXTURES]");
    return 2;
}
