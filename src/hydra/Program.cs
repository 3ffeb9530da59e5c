using Hydra.Bridge;
using Hydra.Cli;
using Hydra.Configuration;
using Hydra.Control;
using Hydra.Diagnostics;
using Hydra.Hosting;

InheritedSignals.Reset();
AddressSpace.Spare();
StandardStreams.FillClosed();
if (BridgeProgram.Run(args) is { } bridgeCode)
{
    return bridgeCode;
}

if (await ControlProgram.RunAsync(args, EnvironmentScanner.Current()) is { } controlCode)
{
    return controlCode;
}

if (StandardStreams.Print(args, CompletionProgram.Run) is { } completionCode)
{
    return completionCode;
}

StartedAs started = StartedAs.Capture();
ParseResult parsed = CommandLine.Parse(started.Restore(args), started.VariablesByName, discover: AppDiscovery.Find, configure: ConfigFile.Find);
if (parsed is ParseResult.Errors errors)
{
    new ServiceNotifier(started.NotifySocket).Failed(string.Join(' ', errors.Messages));
}

if (StandardStreams.Print(parsed, CommandOutcome.Answer) is { } code)
{
    return code;
}

var run = (ParseResult.Run)parsed;
using ServerLogs? logs = OpenedLogs.Open(run.Options.Server);
if (logs is null)
{
    return ExitCodes.StartFailure;
}

StandardStreams.SpareTerminal();
var server = new HydraServer(run.Options, logs, started);
return await server.RunAsync(run.Warnings);
