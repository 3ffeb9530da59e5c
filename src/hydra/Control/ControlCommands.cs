using System.Globalization;
using Hydra.Configuration;
using Hydra.Primitives;

namespace Hydra.Control;

/// <summary>A command of hydra ctl.</summary>
/// <param name="Name">Its word.</param>
/// <param name="Argument">What stands for its argument in the help; empty where it has none.</param>
/// <param name="Help">What it does.</param>
/// <param name="Request">The request that it is, of its argument and the pool.</param>
internal sealed record ControlCommand(string Name, string Argument, string Help, Func<string, string?, ControlRequest> Request);

/// <summary>The table of commands of hydra ctl.</summary>
internal static class ControlCommands
{
    /// <summary>What stands for a level of the log.</summary>
    public const string Level = "LEVEL";

    private const string Number = "N";

    /// <summary>One row for each.</summary>
    public static IReadOnlyList<ControlCommand> All { get; } =
    [
        new("reload", "", "Replace all workers by such with the present code, as SIGHUP does; waits for the end.", static (_, pool) => Post("reload", pool: pool)),
        new("drain", "", "Want no more requests: /-/ready says no and connections end with their answers, but all that comes is served.", static (_, _) => Post("drain")),
        new("resume", "", "Take drain back.", static (_, _) => Post("resume")),
        new("stop", "", "Stop, as SIGTERM does: --shutdown-delay, then --graceful-timeout.", static (_, _) => Post("stop")),
        new("restart-worker", Number, "Replace worker N, which serves until the new one is ready.", static (n, pool) => Worker("POST", n, "restart", pool)),
        new("log-level", Level, $"Log from this level on: {OptionNames.Join(OptionNames.LogLevels)}.", static (level, _) => Post("log-level", "level", level)),
        new("scale", Number, "Have N workers from now on.", static (n, pool) => Post("scale", "workers", n, pool)),
        new("stack", Number, "Show where the Python code of worker N is: its threads, and the tree of its tasks.", static (n, pool) => Worker("GET", n, "stack", pool)),
    ];

    /// <summary>Reads the words of a command.</summary>
    /// <param name="options">What is known.</param>
    /// <param name="words">What is no option.</param>
    /// <param name="errors">Told what is wrong.</param>
    public static ControlOptions Read(ControlOptions options, IReadOnlyList<string> words, List<string> errors)
    {
        if (options.Program == "replay")
        {
            if (words.Count > 1 || (words.Count == 1 && !long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out _)))
            {
                errors.Add($"\"{words[^1]}\" is {(words.Count > 1 ? "one word too many for hydra replay" : "no number of a request")}: \"hydra replay\" lists those that there are.");
            }

            return options with { Argument = words.Count > 0 ? words[0] : "" };
        }

        if (options.Program != "ctl")
        {
            errors.AddRange(words.Select(word => $"\"{word}\" is one word too many for hydra {options.Program}."));
            return options;
        }

        if (words.Count == 0)
        {
            errors.Add($"No command is named. There are {string.Join(", ", All.Select(static one => one.Name))}.");
            return options;
        }

        if (All.FirstOrDefault(one => one.Name == words[0]) is not { } command)
        {
            string meant = EditDistance.Nearest(words[0], All.Select(static one => one.Name)) is { } near ? $"; did you mean {near}?" : ".";
            errors.Add($"\"{words[0]}\" is no command{meant}");
            return options;
        }

        if (words.Count != (command.Argument.Length > 0 ? 2 : 1))
        {
            errors.Add(command.Argument.Length > 0 ? $"{command.Name} needs one argument: {command.Argument}." : $"{command.Name} has no argument.");
        }
        else if (command.Argument == Number && !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            errors.Add($"{command.Name}: \"{words[1]}\" is not a number.");
        }
        else if (command.Argument == Level && !OptionNames.LogLevels.Any(level => level.Name == OptionNames.LogLevelOf(words[1])))
        {
            errors.Add($"{command.Name}: \"{words[1]}\" is none of {OptionNames.Join(OptionNames.LogLevels)}.");
        }

        return options with { Command = command.Name, Argument = words.Count > 1 ? words[1] : "" };
    }

    /// <summary>The request of a command that was read.</summary>
    public static ControlRequest RequestOf(ControlOptions options)
        => All.First(one => one.Name == options.Command).Request(options.Argument, options.Pool);

    /// <summary>The request of hydra replay.</summary>
    public static ControlRequest ReplayOf(ControlOptions options) => options.Argument.Length == 0
        ? new ControlRequest("GET", $"{ControlRequest.Version}/requests")
        : new ControlRequest("POST", $"{ControlRequest.Version}/requests/{options.Argument}/replay", ("force", options.IsForced ? "1" : null));

    private static ControlRequest Post(string what, string name = "", string? value = null, string? pool = null)
        => new("POST", $"{ControlRequest.Version}/{what}", (name, value), ("pool", pool));

    private static ControlRequest Worker(string method, string number, string what, string? pool)
        => ControlRequest.OfWorker(method, int.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture), what, pool);
}
