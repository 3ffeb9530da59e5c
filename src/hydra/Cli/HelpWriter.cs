using Hydra.Configuration;

namespace Hydra.Cli;

/// <summary>Writes what a terminal shows of the options: the help, and what is wrong with a command line.</summary>
internal static class HelpWriter
{
    /// <summary>The columns that the help keeps to.</summary>
    public const int Width = 80;

    private const int TextStart = 29;
    private const string Usage = "Usage: hydra [OPTIONS] MODULE:ATTR";

    /// <summary>The sections in their order.</summary>
    public static IReadOnlyList<(OptionGroup Group, string Title)> Groups { get; } =
    [
        (OptionGroup.Application, "Application"),
        (OptionGroup.Address, "Addresses"),
        (OptionGroup.Workers, "Workers"),
        (OptionGroup.Queue, "Queue"),
        (OptionGroup.State, "Shared state"),
        (OptionGroup.Tasks, "Background work"),
        (OptionGroup.Timeouts, "Timeouts (30, 500ms, 30s, 5m or 1h)"),
        (OptionGroup.Bodies, "Heads and bodies (sizes: 65536, 64k, 1m or 10g)"),
        (OptionGroup.Limits, "Limits"),
        (OptionGroup.Static, "Static files"),
        (OptionGroup.Tls, "TLS"),
        (OptionGroup.Http2, "HTTP/2"),
        (OptionGroup.Proxies, "Behind a proxy, and who may come in"),
        (OptionGroup.WebSockets, "WebSockets"),
        (OptionGroup.Compression, "Compression and cache"),
        (OptionGroup.Logging, "Logging"),
        (OptionGroup.Tuning, "Tuning"),
        (OptionGroup.Development, "Development"),
        (OptionGroup.Information, "Information"),
    ];

    /// <summary>Writes what --help prints.</summary>
    public static void WriteHelp(TextWriter output)
    {
        output.Write($"{Usage}\n\nServes a Python web application, ASGI or WSGI, with worker processes.\n\n");
        output.Write("Examples:\n  hydra main:app\n  hydra --bind 0.0.0.0:8000 --workers auto shop.wsgi:application\n");
        foreach ((OptionGroup group, string title) in Groups)
        {
            output.Write($"\n{title}:\n");
            foreach (Option option in OptionTable.All.Where(option => option.Group == group))
            {
                WriteOption(output, option);
            }
        }

        output.Write('\n');
        foreach (string line in TextColumn.Wrap(
            "Each option can be set by a variable too: HYDRA_ and its name, such as HYDRA_LOG_LEVEL=debug; and by a key of hydra.toml: log-level = \"debug\". "
            + "The command line counts most, then these variables, then the shared ones such as $PORT, then the file. \"hydra check\" prints what comes of it; "
            + "\"hydra status\", \"hydra top\" and \"hydra ctl\" ask a server that runs (--control-socket). \"hydra completion bash\" (zsh, fish) prints what completes these words.", Width))
        {
            output.Write(line + "\n");
        }
    }

    /// <summary>Writes what is wrong with a command line.</summary>
    public static void WriteErrors(TextWriter output, IReadOnlyList<string> errors)
    {
        foreach (string error in errors)
        {
            output.Write($"hydra: {error}\n");
        }

        output.Write($"{Usage}\n\"hydra --help\" lists the options.\n");
    }

    /// <summary>The option as it is typed: -w, --workers N|auto.</summary>
    public static string Synopsis(Option option)
    {
        string shortName = option.Short is { } letter ? $"-{letter}, " : "";
        string opposite = option is { IsSwitch: true, IsCommand: false } ? $", --no-{option.Name}" : "";
        string value = option.Placeholder is { } placeholder ? " " + placeholder : "";
        return $"{shortName}--{option.Name}{opposite}{value}";
    }

    private static void WriteOption(TextWriter output, Option option)
    {
        string synopsis = "  " + Synopsis(option);
        string text = string.Join(' ', Notes(option).Prepend(option.Help));
        bool isFirst = true;
        if (synopsis.Length > TextStart - 2)
        {
            output.Write(synopsis + "\n");
            isFirst = false;
        }

        foreach (string line in TextColumn.Wrap(text, Width - TextStart))
        {
            output.Write((isFirst ? synopsis : "").PadRight(TextStart) + line.Replace('\u00a0', ' ') + "\n");
            isFirst = false;
        }
    }

    private static string Unbroken(string text) => text.Replace(' ', '\u00a0');

    private static IEnumerable<string> Notes(Option option)
    {
        if (option.Aliases.Count > 0)
        {
            yield return $"Also --{string.Join(", --", option.Aliases)}.";
        }

        // What belongs together is not broken: the spaces in it are made plain when the lines are.
        string[] notes =
        [
            .. option.Default is { Length: > 0 } ? ["default:\u00a0" + Unbroken(option.Default.Trim('(', ')'))] : Array.Empty<string>(),
            .. option.SharedVariables.Select(static variable => "$" + variable),
        ];
        if (notes.Length > 0)
        {
            yield return $"[{string.Join(",\u00a0", notes)}]";
        }
    }
}
