namespace Hydra.Configuration;

/// <summary>What the command line and the environment amount to.</summary>
internal abstract record ParseResult
{
    private ParseResult()
    {
    }

    /// <summary>Start the server. The warnings are sentences for the log.</summary>
    public sealed record Run(HydraOptions Options, IReadOnlyList<string> Warnings) : ParseResult
    {
        /// <summary>What was said of each option, and by whom, where that is to be printed; else null.</summary>
        public IReadOnlyList<(Option Option, IReadOnlyList<OptionValue> Values)>? Settings { get; init; }
    }

    /// <summary>Print the help.</summary>
    public sealed record ShowHelp : ParseResult;

    /// <summary>Print the version.</summary>
    public sealed record ShowVersion : ParseResult;

    /// <summary>Everything that is wrong, one sentence each.</summary>
    public sealed record Errors(IReadOnlyList<string> Messages) : ParseResult;
}
