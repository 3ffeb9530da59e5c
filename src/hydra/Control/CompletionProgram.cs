using Hydra.Cli;

namespace Hydra.Control;

/// <summary>The executable as hydra completion: it prints what completes its words in a shell.</summary>
internal static class CompletionProgram
{
    /// <summary>The first word that is this command. A module of this name is completion:app, or --app completion.</summary>
    public const string Word = "completion";

    /// <summary>The shells, with what makes their scripts.</summary>
    public static IReadOnlyList<(string Name, Func<IReadOnlyList<CommandShape>, string> Create)> Shells { get; } =
    [
        ("bash", BashCompletion.Create),
        ("zsh", ZshCompletion.Create),
        ("fish", FishCompletion.Create),
    ];

    /// <summary>Runs it.</summary>
    /// <param name="args">All arguments.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <returns>The exit code; null where the first argument is another word.</returns>
    public static int? Run(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        if (args.Count == 0 || args[0] != Word)
        {
            return null;
        }

        string usage = $"Usage: hydra completion {string.Join('|', Shells.Select(static shell => shell.Name))}\n";
        if (args.Contains("--help") || args.Contains("-h"))
        {
            output.Write(usage + "\nPrints what completes the words of hydra in a shell:  source <(hydra completion bash)\n");
            return ExitCodes.Success;
        }

        string name = args.Count == 2 ? args[1] : "";
        if (Shells.FirstOrDefault(shell => shell.Name == name).Create is not { } create)
        {
            error.Write($"hydra: completion needs the name of one shell: {string.Join(", ", Shells.Select(static shell => shell.Name))}.\n{usage}");
            return ExitCodes.Usage;
        }

        output.Write(create(CommandShapes.All));
        return ExitCodes.Success;
    }
}
