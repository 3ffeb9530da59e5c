using Hydra.Configuration;

namespace Hydra.Cli;

/// <summary>Answers a command line that starts no server.</summary>
internal static class CommandOutcome
{
    /// <summary>Prints what there is to print.</summary>
    /// <returns>The exit code, or null when the server is to be started.</returns>
    public static int? Answer(ParseResult result, TextWriter output, TextWriter error)
    {
        switch (result)
        {
            case ParseResult.ShowHelp:
                HelpWriter.WriteHelp(output);
                return ExitCodes.Success;
            case ParseResult.ShowVersion:
                output.Write(VersionText.Printed + "\n");
                return ExitCodes.Success;
            case ParseResult.Errors errors:
                HelpWriter.WriteErrors(error, errors.Messages);
                return ExitCodes.Usage;
            case ParseResult.Run { Settings: { } settings } run:
                SettingsReport.Write(output, run.Options, settings);
                return null;
            default:
                return null;
        }
    }
}
