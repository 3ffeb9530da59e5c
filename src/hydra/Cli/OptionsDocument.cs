using System.Text;
using Hydra.Configuration;

namespace Hydra.Cli;

/// <summary>Makes docs/options.md. A test compares the file with this; build/options-doc.sh writes it.</summary>
internal static class OptionsDocument
{
    /// <summary>The document as docs/options.md is to be.</summary>
    public static string Create()
    {
        var text = new StringBuilder();
        text.Append(
            """
            # Options

            Made from the table in `src/hydra/Configuration/OptionTable.cs` by `build/options-doc.sh`; do not edit.

                hydra [OPTIONS] MODULE:ATTR

            The command line counts most, then the variable `HYDRA_…` of the option, then the shared variables that other servers read
            too, then the configuration file ([config.md](config.md)), then the default. An empty variable is one that is not set. `--option value` and `--option=value` are the same, as are
            `-w 4`, `-w4` and `-w=4`; `--` ends the options. Of an option that is given several times the last one counts. A duration is a
            number of seconds, or a number with a unit: `500ms`, `30s`, `5m`, `1h`. A switch is turned off by `--no-…`, or in a variable
            by `false`, `0`, `no` or `off`. Several addresses in a variable are separated by commas or spaces, several pools by spaces.

            Wrong options end the program with code 2 and a sentence for each of them. The other codes: 0 when the server was stopped, 1
            when it broke while serving, 3 when it could not start.

            The variable `HYDRA_RUNTIME_DIR` names the directory below which private directories are made for the worker's code and
            socket; without it Hydra looks for a place by itself.

            """);
        foreach ((OptionGroup group, string title) in HelpWriter.Groups)
        {
            text.Append($"\n## {title.Split(" (")[0]}\n\n| option | default | variables | |\n| --- | --- | --- | --- |\n");
            foreach (Option option in OptionTable.All.Where(option => option.Group == group))
            {
                string names = Code(HelpWriter.Synopsis(option)) + Aliases(option);
                text.Append($"| {names} | {Default(option)} | {Variables(option)} | {option.Help} |\n");
            }
        }

        return text.ToString();
    }

    private static string Aliases(Option option)
        => string.Concat(option.Aliases.Select(static alias => " " + Code("--" + alias)));

    private static string Default(Option option) => option.Default switch
    {
        null or "" => "",
        ['(', .. string words, ')'] => words,
        _ => Code(option.Default),
    };

    private static string Variables(Option option)
        => string.Join(' ', new[] { option.Variable }.OfType<string>().Concat(option.SharedVariables).Select(Code));

    // A bar ends a cell of the table even within code.
    private static string Code(string text) => $"`{text.Replace("|", "\\|", StringComparison.Ordinal)}`";
}
