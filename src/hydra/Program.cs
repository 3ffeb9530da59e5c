using Hydra.Cli;
using Hydra.Configuration;

ParseResult result = CommandLine.Parse(args, EnvironmentScanner.Current());
return CommandOutcome.Answer(result, Console.Out, Console.Error) ?? ExitCodes.Success;
