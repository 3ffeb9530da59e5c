namespace Hydra.Configuration;

/// <summary>Where a value came from; what is greater wins.</summary>
internal enum SourceRank
{
    /// <summary>Nobody said anything.</summary>
    Default,

    /// <summary>A configuration file.</summary>
    File,

    /// <summary>A variable that other servers read too, such as PORT.</summary>
    SharedVariable,

    /// <summary>The variable of this option: HYDRA_ and its name.</summary>
    HydraVariable,

    /// <summary>An argument.</summary>
    CommandLine,
}

/// <summary>Who gave a value, as it is weighed and as it is named to the user.</summary>
/// <param name="Rank">How much it counts.</param>
/// <param name="Spelling">The option as it was typed, or the variable; of a file the key, the file and the line.</param>
internal readonly record struct OptionSource(SourceRank Rank, string Spelling)
{
    /// <summary>The beginning of a sentence about the option's value.</summary>
    public string Describe(Option option) => Rank switch
    {
        SourceRank.CommandLine => $"{Spelling} (command line)",
        SourceRank.File => Spelling,
        SourceRank.Default => $"--{option.Name} (default)",
        _ => $"--{option.Name} (variable {Spelling})",
    };
}

/// <summary>A value that was given for an option.</summary>
internal readonly record struct OptionValue(string Text, OptionSource Source);
