using System.Collections;
using Hydra.Cli;
using Hydra.Configuration;
using Hydra.Hosting;

Dictionary<string, string> environment = [];
foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
{
    environment[(string)variable.Key] = (string?)variable.Value ?? "";
}

ParseResult parsed = CommandLine.Parse(args, environment);
if (CommandOutcome.Answer(parsed, Console.Out, Console.Error) is { } code)
{
    return code;
}

var run = (ParseResult.Run)parsed;
using var logs = new ServerLogs(run.Options);
return await new HydraServer(run.Options, logs).RunAsync(run.Warnings);
