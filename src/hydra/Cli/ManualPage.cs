using System.Text;
using Hydra.Configuration;

namespace Hydra.Cli;

/// <summary>Makes docs/hydra.1, the manual page. A test compares the file with this; build/options-doc.sh writes it.</summary>
internal static class ManualPage
{
    /// <summary>The page, for man(1).</summary>
    /// <param name="commands">The words that are commands of their own.</param>
    public static string Create(IReadOnlyList<CommandShape> commands)
    {
        var text = new StringBuilder();
        text.Append(
            $"""
            .\" Made from the table of options by build/options-doc.sh; do not edit.
            .TH HYDRA 1 "" "{VersionText.Full}" "User Commands"
            .SH NAME
            hydra \- serve Python web applications
            .SH SYNOPSIS
            .B hydra
            .RI [ OPTIONS ]
            .I MODULE:ATTR
            .br
            .B hydra
            .RB ( {string.Join(" | ", commands.Select(static command => command.Name))} )
            .RI [ OPTIONS ]
            .SH DESCRIPTION
            Serves a Python web application (ASGI, WSGI or RSGI) with worker processes, until it gets SIGTERM.
            .PP
            The command line counts most, then the variable HYDRA_\&... of an option, then the shared variables that other servers read too,
            then the file hydra.toml, then the default. A duration is a number of seconds, or a number with a unit: 500ms, 30s, 5m, 1h. A
            size is a number of bytes, or has a unit: 64k, 1m, 10g. A switch is turned off by \-\-no\-\&...
            .SH COMMANDS

            """);
        foreach (CommandShape command in commands)
        {
            text.Append($".TP\n.B hydra {Escape(command.Name)}\n{Line(command.Help)}");
            foreach (CommandWord word in command.Words)
            {
                string argument = word.Argument.Length > 0 ? $" \\fI{Escape(word.Argument)}\\fR" : "";
                text.Append($".RS\n.TP\n\\fB{Escape(word.Name)}\\fR{argument}\n{Line(word.Help)}.RE\n");
            }
        }

        text.Append(".SH OPTIONS\n");
        foreach ((OptionGroup group, string title) in HelpWriter.Groups)
        {
            text.Append($".SS {Escape(title.Split(" (")[0])}\n");
            foreach (Option option in OptionTable.All.Where(option => option.Group == group))
            {
                text.Append($".TP\n{Synopsis(option)}\n{Line(option.Help)}{Notes(option)}");
            }
        }

        text.Append(
            """
            .SH SIGNALS
            .TP
            .B SIGTERM
            Stop: accept no more, finish what runs within \-\-graceful\-timeout, exit with 0. A second one stops at once.
            .TP
            .B SIGINT
            The same, without waiting for what may be on its way on idle connections.
            .TP
            .B SIGHUP
            Load the application again: new workers take the place of the old ones, which finish what they have.
            .TP
            .B SIGUSR1
            Open the log files again.
            .TP
            .B SIGUSR2
            Start the executable that is there now in the place of this one, without a refused connection.
            .SH EXIT STATUS
            .TP
            .B 0
            It was stopped, or has printed what was asked for.
            .TP
            .B 1
            It broke while serving.
            .TP
            .B 2
            An option, a variable or the file is wrong.
            .TP
            .B 3
            It could not start: the application, an address, Python.
            .SH FILES
            .TP
            .I hydra.toml
            Options by their names, in the directory where it is started; or the table [tool.hydra] of
            .IR pyproject.toml .
            .SH EXAMPLES
            .nf
            hydra main:app
            hydra \-\-bind 0.0.0.0:8000 \-\-workers auto shop.wsgi:application
            hydra check
            .fi

            """);
        return text.ToString();
    }

    private static string Synopsis(Option option)
    {
        List<string> names = [.. CompletedValue.Names(option).Select(static name => "--" + name)];
        if (option.Short is { } letter)
        {
            names.Insert(0, "-" + letter);
        }

        string value = option.Placeholder is { } placeholder ? $" \\fI{Escape(placeholder)}\\fR" : "";
        return string.Join(", ", names.Select(static name => $"\\fB{Escape(name)}\\fR")) + value;
    }

    private static string Notes(Option option)
    {
        string[] notes =
        [
            .. option.Default is { Length: > 0 } words ? ["default: " + words.Trim('(', ')')] : Array.Empty<string>(),
            .. new[] { option.Variable }.OfType<string>().Concat(option.SharedVariables).Select(static variable => "$" + variable),
        ];
        return notes.Length > 0 ? Line($"[{string.Join(", ", notes)}]") : "";
    }

    // A line that begins with a dot or an apostrophe would be a request of roff's.
    private static string Line(string text) => (text.StartsWith('.') || text.StartsWith('\'') ? "\\&" : "") + Escape(text) + "\n";

    // What is typed has a hyphen-minus and a straight apostrophe; roff makes typographical ones of them.
    private static string Escape(string text) => text
        .Replace("\\", "\\e", StringComparison.Ordinal)
        .Replace("-", "\\-", StringComparison.Ordinal)
        .Replace("'", "\\(aq", StringComparison.Ordinal)
        .Replace("…", "\\&...", StringComparison.Ordinal)
        .Replace("`", "\\(ga", StringComparison.Ordinal);
}
