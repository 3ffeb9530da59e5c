using System.Globalization;
using Hydra.Configuration;
using Hydra.Primitives;

namespace Hydra.Control;

/// <summary>What hydra status, hydra top and hydra ctl were asked.</summary>
internal sealed record ControlOptions
{
    /// <summary>The first words that are these commands. A module of such a name is status:app, or --app status.</summary>
    public static readonly IReadOnlyList<string> Programs = ["status", "top", "ctl", "replay"];

    /// <summary>status, top, ctl or replay.</summary>
    public required string Program { get; init; }

    /// <summary>The control socket.</summary>
    public string Socket { get; init; } = "";

    /// <summary>Whether the answer is to be shown as it is.</summary>
    public bool AsJson { get; init; }

    /// <summary>Whether a request is to be sent again that may do something twice.</summary>
    public bool IsForced { get; init; }

    /// <summary>Which application is meant; null for all, or the only one.</summary>
    public string? Pool { get; init; }

    /// <summary>How often top asks.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The command of ctl.</summary>
    public string Command { get; init; } = "";

    /// <summary>Its argument, or that of replay; or empty.</summary>
    public string Argument { get; init; } = "";

    /// <summary>Whether help is wanted.</summary>
    public bool WantsHelp { get; init; }

    /// <summary>Reads the arguments. Where the socket is is found as the server finds it: command line, variable, file.</summary>
    /// <param name="args">All arguments, the program first.</param>
    /// <param name="environment">The variables.</param>
    /// <param name="configure">Finds the configuration file.</param>
    /// <param name="errors">Told what is wrong, a sentence each.</param>
    public static ControlOptions Read(IReadOnlyList<string> args, IReadOnlyDictionary<string, string> environment, ConfigFinder? configure, List<string> errors)
    {
        var options = new ControlOptions { Program = args[0] };
        List<string> words = [];
        Dictionary<string, string> given = [];
        for (int i = 1; i < args.Count; i++)
        {
            string argument = args[i];
            if (argument is "--help" or "-h")
            {
                return options with { WantsHelp = true };
            }

            if (argument == "--json")
            {
                options = options with { AsJson = true };
            }
            else if (argument == "--force" && options.Program == "replay")
            {
                options = options with { IsForced = true };
            }
            else if (argument.StartsWith('-'))
            {
                i += ReadOption(argument, i + 1 < args.Count ? args[i + 1] : null, given, errors);
            }
            else
            {
                words.Add(argument);
            }
        }

        options = options with { Pool = given.GetValueOrDefault("pool"), Interval = IntervalOf(given, errors) };
        options = ControlCommands.Read(options, words, errors);
        return errors.Count > 0 ? options : options with { Socket = Locate(given, environment, configure, errors) };
    }

    // How many arguments are used up beside the option.
    private static int ReadOption(string argument, string? next, Dictionary<string, string> given, List<string> errors)
    {
        string[] known = ["control-socket", "config", "chdir", "pool", "interval"];
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        string spelling = equals < 0 ? argument : argument[..equals];
        string name = spelling == "-c" ? "config" : spelling.TrimStart('-');
        if (!known.Contains(name))
        {
            string meant = EditDistance.Nearest(spelling, known.Append("json").Select(static one => "--" + one)) is { } near ? $"; did you mean {near}?" : ".";
            errors.Add($"Unknown option {spelling}{meant}");
            return 0;
        }

        // A value that begins with a dash is the next option, and the value was forgotten.
        if (equals < 0 && next is null or ['-', ..])
        {
            errors.Add($"{spelling} needs a value.");
            return 0;
        }

        given[name] = equals < 0 ? next! : argument[(equals + 1)..];
        return equals < 0 ? 1 : 0;
    }

    private static TimeSpan IntervalOf(Dictionary<string, string> given, List<string> errors)
    {
        if (!given.TryGetValue("interval", out string? text))
        {
            return TimeSpan.FromSeconds(1);
        }

        if (!DurationText.TryParse(text, out TimeSpan interval) || interval < TimeSpan.FromMilliseconds(100) || interval > TimeSpan.FromHours(1))
        {
            errors.Add(string.Create(CultureInfo.InvariantCulture, $"--interval: \"{text}\" is not a time from 100ms to 1h."));
        }

        return interval;
    }

    private static string Locate(
        Dictionary<string, string> given, IReadOnlyDictionary<string, string> environment, ConfigFinder? configure, List<string> errors)
    {
        OptionValue? found = CommandLine.Find("control-socket", given, environment, configure, errors);
        if (errors.Count > 0)
        {
            return "";
        }

        if (found is not { Text.Length: > 0 } socket)
        {
            errors.Add("No control socket is named. Give --control-socket PATH as to the server, set HYDRA_CONTROL_SOCKET, or start this where the server's hydra.toml is.");
            return "";
        }

        // Where the server works, relative paths begin.
        return Path.GetFullPath(Path.Combine(CommandLine.Find("chdir", given, environment, configure, errors)?.Text ?? "", socket.Text));
    }
}
