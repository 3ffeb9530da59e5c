using Hydra.Cli;
using Hydra.Configuration;

namespace Hydra.Control;

/// <summary>All first words that are commands of their own, for completions and the manual.</summary>
internal static class CommandShapes
{
    private static readonly Option Json = Own("json", null, "Print the document as it is.");
    private static readonly Option Interval = Own("interval", "TIME", "How often top asks.");
    private static readonly Option Pool = Own("pool", "NAME", "Which application is meant, by the name that status shows.");
    private static readonly Option Force = Own("force", null, "Send a request again that may do again what it has done, such as a POST.");
    private static readonly Option Help = Own("help", null, "Print the help of this command and exit.");

    /// <summary>One for each.</summary>
    public static IReadOnlyList<CommandShape> All { get; } =
    [
        new("dev", "Serve the application while it is being written: its files are watched, and tracebacks shown.", OptionTable.All, []),
        new("check", "Print what is configured and who has said it, and load the application.", OptionTable.All, []),
        new("status", "Print how a running server is.", [.. Socket, Json, Help], []),
        new("top", "Show how a running server is, live.", [.. Socket, Json, Interval, Help], []),
        new("ctl", "Tell a running server to do something.", [.. Socket, Json, Pool, Help], [.. ControlCommands.All.Select(Word)]),
        new("replay", "List the requests that a running server has kept (--record), or send one of them to a worker again.", [.. Socket, Json, Force, Help], []),
        new("completion", "Print what completes these words in a shell.", [Help], [.. CompletionProgram.Shells.Select(static shell => new CommandWord(shell.Name, "", $"For {shell.Name}.", []))]),
    ];

    // Where the server's socket is.
    private static IEnumerable<Option> Socket => [OptionTable.Get("control-socket"), OptionTable.Get("config"), OptionTable.Get("chdir")];

    private static CommandWord Word(ControlCommand command)
        => new(command.Name, command.Argument, command.Help, command.Argument == ControlCommands.Level ? [.. OptionNames.LogLevels.Select(static level => level.Name)] : []);

    private static Option Own(string name, string? placeholder, string help)
        => new() { Name = name, Placeholder = placeholder, Group = OptionGroup.Information, Help = help, Binder = OptionBinder.None };
}
